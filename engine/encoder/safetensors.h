// The safetensors format, read and written.
//
//   u64 little-endian: N, the bytes of the header (at most kLongestHeader)
//   N bytes: a JSON object  name -> {"dtype": "F32", "shape": [rows, columns], "data_offsets":
//   [begin, end]},
//            and optionally "__metadata__" -> {text: text}; may end in spaces
//   the data: row-major little-endian tensors. Offsets count from here; together the tensors cover
//   the data exactly,
//            with no hole, no overlap and nothing behind the last one.
//
// A file that breaks any of this is refused before a byte of its data is touched: kCorruption.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/encoder/error.h"

namespace semblance::encoder {

enum class DType : uint8_t { kF32 = 0, kF16 = 1, kBF16 = 2 };
std::string_view DTypeName(DType dtype);  // "F32", "F16", "BF16"
size_t DTypeBytes(DType dtype);

// One tensor inside a file's bytes, which must outlive it. `data` has no particular alignment.
struct TensorView {
  DType dtype = DType::kF32;
  std::vector<int64_t> shape;
  std::string_view data;  // Count() * DTypeBytes(dtype) bytes

  size_t Count() const { return data.size() / DTypeBytes(dtype); }
  // All values widened to f32. Throws kCorruption when one is not finite.
  std::vector<float> ToFloats() const;
  // The values of a 16-bit type as they are stored. Throws kCorruption likewise.
  std::vector<uint16_t> ToNarrow() const;
};

class SafeTensors {
 public:
  static constexpr uint64_t kLongestHeader = uint64_t{16} << 20;

  // Views into `bytes`, nothing is copied. Tensors of other types than DType's (int64 position ids,
  // say) are checked and left out; others() has the names of their types.
  // `permanent`: `bytes` are part of the program, so they outlive everything, and are known to be
  // sound.
  static SafeTensors Parse(std::string_view bytes, bool permanent = false);
  bool permanent() const { return permanent_; }

  const std::map<std::string, TensorView>& tensors() const { return tensors_; }
  const std::map<std::string, std::string>& others() const { return others_; }
  // nullptr where there is none.
  const TensorView* Find(const std::string& name) const;

 private:
  std::map<std::string, TensorView> tensors_;
  std::map<std::string, std::string> others_;
  bool permanent_ = false;
};

// Values to be written; `values` holds as many as the shape says, row-major.
struct TensorValues {
  std::vector<int64_t> shape;
  std::span<const float> values;
};

// A file, tensors in order of their names: the same tensors give the same bytes. Values are rounded
// to nearest, ties to even. Throws kInvalid, naming the tensor, when the shape does not fit or a
// value has no finite form in `dtype`.
std::string WriteSafeTensors(const std::map<std::string, TensorValues>& tensors, DType dtype);

}  // namespace semblance::encoder
