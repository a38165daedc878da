#include "engine/encoder/wire.h"

#include <bit>

namespace semblance::encoder {
namespace {

[[noreturn]] void Corrupt() {
  throw Error(ErrorKind::kCorruption, "not a sentencepiece model, or cut off");
}

void WriteVarint(uint64_t value, std::string* out) {
  for (; value >= 0x80; value >>= 7) out->push_back(static_cast<char>(value | 0x80));
  out->push_back(static_cast<char>(value));
}

void WriteTag(uint32_t number, WireField::Type type, std::string* out) {
  WriteVarint(uint64_t{number} << 3 | static_cast<uint64_t>(type), out);
}

}  // namespace

uint64_t WireReader::Varint() {
  uint64_t value = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    if (rest_.empty()) Corrupt();
    const auto byte = static_cast<unsigned char>(rest_.front());
    rest_.remove_prefix(1);
    value |= static_cast<uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
  Corrupt();
}

uint64_t WireReader::Fixed(size_t bytes) {
  if (rest_.size() < bytes) Corrupt();
  uint64_t value = 0;
  for (size_t i = 0; i < bytes; ++i) {
    value |= static_cast<uint64_t>(static_cast<unsigned char>(rest_[i])) << (8 * i);
  }
  rest_.remove_prefix(bytes);
  return value;
}

std::optional<WireField> WireReader::Next() {
  if (rest_.empty()) return std::nullopt;
  const uint64_t tag = Varint();
  if (tag >> 3 == 0 || tag > UINT32_MAX) Corrupt();
  WireField field;
  field.number = static_cast<uint32_t>(tag >> 3);
  field.type = static_cast<WireField::Type>(tag & 7);
  switch (field.type) {
    case WireField::Type::kVarint:
      field.value = Varint();
      return field;
    case WireField::Type::kFixed64:
      field.value = Fixed(8);
      return field;
    case WireField::Type::kFixed32:
      field.value = Fixed(4);
      return field;
    case WireField::Type::kBytes:
      break;
    default:
      Corrupt();
  }
  const uint64_t length = Varint();
  if (length > rest_.size()) Corrupt();
  field.bytes = rest_.substr(0, length);
  rest_.remove_prefix(length);
  return field;
}

void WriteNumber(uint32_t number, uint64_t value, std::string* message) {
  WriteTag(number, WireField::Type::kVarint, message);
  WriteVarint(value, message);
}

void WriteFloat(uint32_t number, float value, std::string* message) {
  WriteTag(number, WireField::Type::kFixed32, message);
  const auto bits = std::bit_cast<uint32_t>(value);
  for (int shift = 0; shift < 32; shift += 8) {
    message->push_back(static_cast<char>(bits >> shift & 0xff));
  }
}

void WriteBytes(uint32_t number, std::string_view bytes, std::string* message) {
  WriteTag(number, WireField::Type::kBytes, message);
  WriteVarint(bytes.size(), message);
  *message += bytes;
}

}  // namespace semblance::encoder
