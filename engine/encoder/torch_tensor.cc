#include "engine/encoder/torch_tensor.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "engine/encoder/half.h"

namespace semblance::encoder {
namespace {

constexpr size_t kMostDimensions = 16;

[[noreturn]] void Corrupt(const std::string& message) {
  throw Error(ErrorKind::kCorruption, "torch file: " + message);
}

template <typename T>
T At(std::string_view storage, uint64_t element) {
  T value;
  std::memcpy(&value, storage.data() + element * sizeof(T), sizeof(T));
  return value;
}

float ValueAt(TorchType type, std::string_view storage, uint64_t element) {
  switch (type) {
    case TorchType::kF64:
      return static_cast<float>(At<double>(storage, element));
    case TorchType::kF16:
      return HalfToFloat(At<uint16_t>(storage, element));
    case TorchType::kBF16:
      return Bfloat16ToFloat(At<uint16_t>(storage, element));
    case TorchType::kI64:
      return static_cast<float>(At<int64_t>(storage, element));
    case TorchType::kI32:
      return static_cast<float>(At<int32_t>(storage, element));
    case TorchType::kI16:
      return static_cast<float>(At<int16_t>(storage, element));
    case TorchType::kI8:
      return static_cast<float>(At<int8_t>(storage, element));
    case TorchType::kU8:
    case TorchType::kBool:
      return static_cast<float>(At<uint8_t>(storage, element));
    case TorchType::kF32:
      break;
  }
  return At<float>(storage, element);
}

uint64_t ElementsIn(const TorchTensor& tensor) {
  return tensor.storage.size() / TorchTypeBytes(tensor.type);
}

// Elements of the shape, or `limit` + 1 when they are more than that.
uint64_t CountUpTo(uint64_t limit, const std::vector<int64_t>& shape) {
  if (std::find(shape.begin(), shape.end(), 0) != shape.end()) return 0;
  uint64_t count = 1;
  for (const int64_t size : shape) {
    if (static_cast<uint64_t>(size) > limit / count) return limit + 1;
    count *= static_cast<uint64_t>(size);
  }
  return count;
}

}  // namespace

size_t TorchTypeBytes(TorchType type) {
  switch (type) {
    case TorchType::kF64:
    case TorchType::kI64:
      return 8;
    case TorchType::kF32:
    case TorchType::kI32:
      return 4;
    case TorchType::kF16:
    case TorchType::kBF16:
    case TorchType::kI16:
      return 2;
    case TorchType::kI8:
    case TorchType::kU8:
    case TorchType::kBool:
      break;
  }
  return 1;
}

DType TorchTensor::NearestType() const {
  if (type == TorchType::kF16) return DType::kF16;
  return type == TorchType::kBF16 ? DType::kBF16 : DType::kF32;
}

std::vector<float> TorchTensor::ToFloats() const {
  const uint64_t elements = ElementsIn(*this), count = CountUpTo(elements, shape);
  if (count > elements) Corrupt("a tensor repeats elements of its storage");
  std::vector<float> values;
  values.reserve(count);
  std::vector<int64_t> index(shape.size());
  uint64_t at = offset;
  for (uint64_t i = 0; i < count; ++i) {
    values.push_back(ValueAt(type, storage, at));
    // To the next index, the last dimension first.
    for (size_t d = shape.size(); d-- > 0;) {
      at += static_cast<uint64_t>(strides[d]);
      if (++index[d] < shape[d]) break;
      at -= static_cast<uint64_t>(strides[d]) * static_cast<uint64_t>(shape[d]);
      index[d] = 0;
    }
  }
  const bool finite =
      std::all_of(values.begin(), values.end(), [](float value) { return std::isfinite(value); });
  if (!finite) Corrupt("a weight is infinite or not a number");
  return values;
}

void CheckInside(const TorchTensor& tensor, const std::string& name) {
  if (tensor.shape.size() > kMostDimensions) {
    throw Error(ErrorKind::kUnsupported, "torch file: " + name + " has too many dimensions");
  }
  const bool empty = std::find(tensor.shape.begin(), tensor.shape.end(), 0) != tensor.shape.end();
  if (empty) return;
  const uint64_t elements = ElementsIn(tensor);
  const auto check = [&](bool inside) {
    if (!inside) Corrupt("the tensor " + name + " reaches outside its storage");
  };
  check(tensor.offset < elements);
  uint64_t last = tensor.offset;  // the farthest element
  for (size_t d = 0; d < tensor.shape.size(); ++d) {
    const auto steps = static_cast<uint64_t>(tensor.shape[d] - 1);
    const auto stride = static_cast<uint64_t>(tensor.strides[d]);
    check(steps == 0 || stride <= (elements - 1 - last) / steps);
    last += steps * stride;
  }
}

}  // namespace semblance::encoder
