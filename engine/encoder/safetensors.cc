#include "engine/encoder/safetensors.h"

#include <algorithm>
#include <cstring>

#include "engine/encoder/half.h"
#include "engine/encoder/json_internal.h"

namespace semblance::encoder {
namespace {

using nlohmann::json;

constexpr size_t kLengthBytes = 8;
constexpr const char* kMetadataKey = "__metadata__";
constexpr size_t kMostDimensions = 16;
constexpr const char* kNotFinite = "a weight is infinite or not a number";

[[noreturn]] void Corrupt(const std::string& message) {
  throw Error(ErrorKind::kCorruption, "safetensors: " + message);
}

struct Extent {
  uint64_t begin = 0;
  uint64_t end = 0;
};

// Bytes of one element for every type of the format.
size_t ElementBytes(const std::string& dtype) {
  static const std::map<std::string, size_t> kBytes = {
      {"F64", 8},  {"I64", 8}, {"U64", 8}, {"F32", 4},     {"I32", 4},
      {"U32", 4},  {"F16", 2}, {"I16", 2}, {"U16", 2},     {"BF16", 2},
      {"BOOL", 1}, {"I8", 1},  {"U8", 1},  {"F8_E4M3", 1}, {"F8_E5M2", 1}};
  const auto found = kBytes.find(dtype);
  if (found == kBytes.end()) Corrupt("unknown type \"" + dtype + "\"");
  return found->second;
}

uint64_t Unsigned(const json& value, const std::string& name) {
  if (!value.is_number_unsigned()) Corrupt("a size of \"" + name + "\" is not a whole number");
  return value.get<uint64_t>();
}

std::vector<int64_t> ReadShape(const json& entry, const std::string& name, uint64_t limit) {
  const auto shape = entry.find("shape");
  if (shape == entry.end() || !shape->is_array() || shape->size() > kMostDimensions) {
    Corrupt("\"" + name + "\" has no shape");
  }
  std::vector<int64_t> sizes;
  for (const json& size : *shape) {
    const uint64_t value = Unsigned(size, name);
    if (value > limit) Corrupt("\"" + name + "\" is larger than the file");
    sizes.push_back(static_cast<int64_t>(value));
  }
  return sizes;
}

// Elements of a shape; no product overflows, since each step is held to `limit`.
uint64_t CountOf(const std::vector<int64_t>& shape, const std::string& name, uint64_t limit) {
  if (std::find(shape.begin(), shape.end(), 0) != shape.end()) return 0;
  uint64_t count = 1;
  for (const int64_t size : shape) {
    if (static_cast<uint64_t>(size) > limit / count) {
      Corrupt("\"" + name + "\" is larger than the file");
    }
    count *= static_cast<uint64_t>(size);
  }
  return count;
}

Extent ReadExtent(const json& entry, const std::string& name, uint64_t data_bytes) {
  const auto offsets = entry.find("data_offsets");
  if (offsets == entry.end() || !offsets->is_array() || offsets->size() != 2) {
    Corrupt("\"" + name + "\" has no data_offsets");
  }
  const Extent extent{Unsigned((*offsets)[0], name), Unsigned((*offsets)[1], name)};
  if (extent.begin > extent.end || extent.end > data_bytes) {
    Corrupt("\"" + name + "\" lies outside the file");
  }
  return extent;
}

void CheckCover(std::vector<Extent> extents, uint64_t data_bytes) {
  std::sort(extents.begin(), extents.end(), [](const Extent& a, const Extent& b) {
    return a.begin != b.begin ? a.begin < b.begin : a.end < b.end;
  });
  uint64_t covered = 0;
  for (const Extent& extent : extents) {
    if (extent.begin != covered) Corrupt("tensors overlap or leave a hole");
    covered = extent.end;
  }
  if (covered != data_bytes) Corrupt("there are bytes that belong to no tensor");
}

const DType* KnownType(const std::string& name) {
  static constexpr DType kTypes[] = {DType::kF32, DType::kF16, DType::kBF16};
  for (const DType& dtype : kTypes) {
    if (DTypeName(dtype) == name) return &dtype;
  }
  return nullptr;
}

uint64_t ReadLength(std::string_view bytes) {
  uint64_t length = 0;
  for (size_t i = 0; i < kLengthBytes; ++i) {
    length |= static_cast<uint64_t>(static_cast<unsigned char>(bytes[i])) << (8 * i);
  }
  return length;
}

// The bits that are all set in what is not finite.
uint16_t NarrowExponent(DType dtype) { return dtype == DType::kF16 ? 0x7c00 : 0x7f80; }

}  // namespace

std::vector<float> TensorView::ToFloats() const {
  std::vector<float> values(Count());
  if (dtype != DType::kF32) {
    const std::vector<uint16_t> narrow = ToNarrow();
    const bool is_half = dtype == DType::kF16;
    for (size_t i = 0; i < values.size(); ++i) {
      values[i] = is_half ? HalfToFloat(narrow[i]) : Bfloat16ToFloat(narrow[i]);
    }
    return values;
  }
  if (!values.empty()) std::memcpy(values.data(), data.data(), values.size() * sizeof(float));
  bool finite = true;
  for (const float value : values) {
    finite &= (std::bit_cast<uint32_t>(value) & 0x7f800000) != 0x7f800000;
  }
  if (!finite) Corrupt(kNotFinite);
  return values;
}

std::vector<uint16_t> TensorView::ToNarrow() const {
  if (dtype == DType::kF32) throw Error(ErrorKind::kInvalid, "a tensor of F32 is not narrow");
  std::vector<uint16_t> values(Count());
  if (!values.empty()) std::memcpy(values.data(), data.data(), data.size());
  const uint16_t exponent = NarrowExponent(dtype);
  bool finite = true;
  for (const uint16_t value : values) finite &= (value & exponent) != exponent;
  if (!finite) Corrupt(kNotFinite);
  return values;
}

SafeTensors SafeTensors::Parse(std::string_view bytes, bool permanent) {
  if (bytes.size() < kLengthBytes) Corrupt("the file is cut off");
  const uint64_t length = ReadLength(bytes);
  if (length > kLongestHeader) Corrupt("the header is too long");
  if (length > bytes.size() - kLengthBytes) Corrupt("the file is cut off in its header");
  const json header = ParseJsonObject(bytes.substr(kLengthBytes, length), "safetensors header");
  const std::string_view data = bytes.substr(kLengthBytes + length);

  SafeTensors result;
  result.permanent_ = permanent;
  std::vector<Extent> extents;
  for (const auto& [name, entry] : header.items()) {
    if (name == kMetadataKey) continue;
    if (!entry.is_object()) Corrupt("\"" + name + "\" is not described by an object");
    const auto type = entry.find("dtype");
    if (type == entry.end() || !type->is_string()) Corrupt("\"" + name + "\" has no dtype");
    const std::string type_name = type->get<std::string>();
    const Extent extent = ReadExtent(entry, name, data.size());
    std::vector<int64_t> shape = ReadShape(entry, name, data.size());
    const uint64_t count = CountOf(shape, name, data.size());
    const size_t element_bytes = ElementBytes(type_name);
    if (count > data.size() / element_bytes || count * element_bytes != extent.end - extent.begin) {
      Corrupt("the shape of \"" + name + "\" does not fit its bytes");
    }
    extents.push_back(extent);
    if (const DType* dtype = KnownType(type_name)) {
      result.tensors_[name] = {*dtype, std::move(shape),
                               data.substr(extent.begin, extent.end - extent.begin)};
    } else {
      result.others_[name] = type_name;
    }
  }
  CheckCover(std::move(extents), data.size());
  return result;
}

const TensorView* SafeTensors::Find(const std::string& name) const {
  const auto found = tensors_.find(name);
  return found == tensors_.end() ? nullptr : &found->second;
}

}  // namespace semblance::encoder
