#include <immintrin.h>

#include "engine/encoder/narrow_kernels_internal.h"

namespace semblance::encoder {
namespace {

struct Bfloat16 {
  using V = Vectors<16>;
  using Code = uint16_t;
  using Sum = V::Floats;
  static constexpr size_t kWidth = 16, kRows = 6, kVectors = 4;
  static constexpr WordForm kForm = WordForm::kBfloat16;

  static Sum Dot(Sum sum, V::Words codes, V::Words weights) {
    return (Sum)_mm512_dpbf16_ps((__m512)sum, (__m512bh)codes, (__m512bh)weights);
  }
  static void Put(Code* at, V::Floats values) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(at),
                        (__m256i)_mm512_cvtneps_pbh((__m512)values));
  }
};

}  // namespace

constinit const NarrowKernels kAvx512Bf16 = MakeNarrowKernels<Bfloat16>("avx512 bf16");

}  // namespace semblance::encoder
