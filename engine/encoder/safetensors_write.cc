// The writing half, without a JSON library: tools/trainer is built without one.
#include <bit>
#include <cstring>

#include "engine/encoder/half.h"
#include "engine/encoder/safetensors.h"
#include "engine/encoder/utf8.h"

namespace semblance::encoder {
namespace {

constexpr size_t kLengthBytes = 8;
constexpr const char* kMetadataKey = "__metadata__";

// Writes `value` as `dtype` has it; false when it has no finite form there.
bool PutValue(float value, DType dtype, char* out) {
  const uint32_t exponent = 0x7f800000;
  if ((std::bit_cast<uint32_t>(value) & exponent) == exponent) return false;
  if (dtype == DType::kF32) {
    std::memcpy(out, &value, sizeof(value));
    return true;
  }
  const uint16_t narrow = dtype == DType::kF16 ? FloatToHalf(value) : FloatToBfloat16(value);
  const uint16_t narrow_exponent = dtype == DType::kF16 ? 0x7c00 : 0x7f80;
  std::memcpy(out, &narrow, sizeof(narrow));
  return (narrow & narrow_exponent) != narrow_exponent;
}

std::string Quoted(const std::string& name) {
  if (ToValidUtf8(name) != name) {
    throw Error(ErrorKind::kInvalid, "the name of a tensor is not UTF-8");
  }
  static constexpr std::string_view kShort = "\b\f\n\r\t", kLetters = "bfnrt";
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text = "\"";
  for (const char c : name) {
    if (const size_t at = kShort.find(c); at != std::string_view::npos) {
      text += {'\\', kLetters[at]};
    } else if (c == '"' || c == '\\') {
      text += {'\\', c};
    } else if (c >= 0 && c < ' ') {
      text += std::string("\\u00") + kDigits[c >> 4] + kDigits[c & 15];
    } else {
      text += c;
    }
  }
  return text + "\"";
}

std::string Listed(const std::vector<int64_t>& numbers) {
  std::string list;
  for (const int64_t number : numbers) list += (list.empty() ? "" : ",") + std::to_string(number);
  return "[" + list + "]";
}

// Keys in the order of their names, as everywhere.
std::string Header(const std::map<std::string, TensorValues>& tensors, DType dtype,
                   uint64_t* bytes) {
  std::map<std::string, std::string> entries = {{kMetadataKey, R"({"format":"pt"})"}};
  for (const auto& [name, tensor] : tensors) {
    uint64_t count = 1;
    for (const int64_t size : tensor.shape) count *= static_cast<uint64_t>(size);
    if (name == kMetadataKey || count != tensor.values.size()) {
      throw Error(ErrorKind::kInvalid, "tensor " + name + ": the shape does not fit its values");
    }
    const uint64_t end = *bytes + count * DTypeBytes(dtype);
    entries[name] = R"({"data_offsets":)" +
                    Listed({static_cast<int64_t>(*bytes), static_cast<int64_t>(end)}) +
                    R"(,"dtype":")" + std::string(DTypeName(dtype)) + R"(","shape":)" +
                    Listed(tensor.shape) + "}";
    *bytes = end;
  }
  std::string text;
  for (const auto& [name, entry] : entries) {
    text += (text.empty() ? "{" : ",") + Quoted(name) + ":" + entry;
  }
  text += "}";
  text.append((8 - text.size() % 8) % 8, ' ');
  return text;
}

}  // namespace

std::string_view DTypeName(DType dtype) {
  switch (dtype) {
    case DType::kF16:
      return "F16";
    case DType::kBF16:
      return "BF16";
    case DType::kF32:
      break;
  }
  return "F32";
}

size_t DTypeBytes(DType dtype) { return dtype == DType::kF32 ? 4 : 2; }

std::string WriteSafeTensors(const std::map<std::string, TensorValues>& tensors, DType dtype) {
  uint64_t bytes = 0;
  const std::string header = Header(tensors, dtype, &bytes);
  std::string file;
  file.reserve(kLengthBytes + header.size() + bytes);
  for (size_t i = 0; i < kLengthBytes; ++i)
    file.push_back(static_cast<char>(header.size() >> (8 * i)));
  file += header;
  file.resize(file.size() + bytes);
  char* out = file.data() + file.size() - bytes;
  for (const auto& [name, tensor] : tensors) {
    for (const float value : tensor.values) {
      if (!PutValue(value, dtype, out)) {
        throw Error(ErrorKind::kInvalid, "tensor " + name + " has a value that is not finite as " +
                                             std::string(DTypeName(dtype)));
      }
      out += DTypeBytes(dtype);
    }
  }
  return file;
}

}  // namespace semblance::encoder
