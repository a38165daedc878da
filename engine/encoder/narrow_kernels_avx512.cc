#include <immintrin.h>

#include "engine/encoder/narrow_kernels_internal.h"

namespace semblance::encoder {
namespace {

struct Int8 {
  using V = Vectors<16>;
  using Code = uint8_t;
  using Sum = V::Ints;
  static constexpr size_t kWidth = 16, kRows = 6, kVectors = 4;
  static constexpr WordForm kForm = WordForm::kBytes;

  static Sum Dot(Sum sum, V::Words codes, V::Words weights) {
    return (Sum)_mm512_dpbusd_epi32((__m512i)sum, (__m512i)codes, (__m512i)weights);
  }
  static void Put(Code* at, V::Floats values) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(at),
                     _mm512_maskz_cvtepi32_epi8(0xffff, (__m512i)Rounded<16>(values)));
  }
};

}  // namespace

constinit const NarrowKernels kAvx512Int8 = MakeNarrowKernels<Int8>("avx512 vnni");

}  // namespace semblance::encoder
