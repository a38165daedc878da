// One tensor of a torch file: a window onto a storage. Apart from the file's two forms, which
// torch_file.h reads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/encoder/error.h"
#include "engine/encoder/safetensors.h"

namespace semblance::encoder {

enum class TorchType : uint8_t {
  kF32 = 0,
  kF64 = 1,
  kF16 = 2,
  kBF16 = 3,
  kI64 = 4,
  kI32 = 5,
  kI16 = 6,
  kI8 = 7,
  kU8 = 8,
  kBool = 9,
};
size_t TorchTypeBytes(TorchType type);  // of one element

// Offset, sizes and strides count elements.
struct TorchTensor {
  TorchType type = TorchType::kF32;
  std::vector<int64_t> shape;    // empty: one number
  std::vector<int64_t> strides;  // as many
  uint64_t offset = 0;
  std::string_view storage;  // all of it, at any alignment

  // The type of model.safetensors that holds its values: F16 and BF16 as they are, else F32.
  DType NearestType() const;
  // All values, row-major. Throws kCorruption when one is not finite as f32, or when there are more
  // than the storage has: a window that repeats elements could be made to fill any memory.
  std::vector<float> ToFloats() const;
};

// Throws kCorruption, with the name, when an element lies outside the storage, kUnsupported for
// more dimensions than a weight ever has.
void CheckInside(const TorchTensor& tensor, const std::string& name);

}  // namespace semblance::encoder
