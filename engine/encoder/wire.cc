#include "engine/encoder/wire.h"

namespace semblance::encoder {
namespace {

[[noreturn]] void Corrupt() {
  throw Error(ErrorKind::kCorruption, "tokenizer.model: not a sentencepiece model, or cut off");
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

}  // namespace semblance::encoder
