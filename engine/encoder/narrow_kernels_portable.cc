#include "engine/encoder/narrow_kernels_internal.h"

namespace semblance::encoder {
namespace {

struct Int8 {
  using V = Vectors<4>;
  using Code = uint16_t;
  using Sum = V::Ints;
  static constexpr size_t kWidth = 4, kRows = 4, kVectors = 2;
  static constexpr WordForm kForm = WordForm::kShorts;

  static Sum Dot(Sum sum, V::Words codes, V::Words weights) {
    const Sum low = (Sum)(codes << 16) >> 16, high = (Sum)codes >> 16;
    return sum + low * ((Sum)(weights << 16) >> 16) + high * ((Sum)weights >> 16);
  }
  static void Put(Code* at, V::Floats values) {
    const V::Words words = Rounded<4>(values);
    for (size_t i = 0; i < kWidth; ++i) at[i] = static_cast<Code>(words[i]);
  }
};

}  // namespace

constinit const NarrowKernels kPortableInt8 = MakeNarrowKernels<Int8>("portable");

}  // namespace semblance::encoder
