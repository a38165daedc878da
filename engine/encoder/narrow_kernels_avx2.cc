#include <immintrin.h>

#include "engine/encoder/narrow_kernels_internal.h"

namespace semblance::encoder {
namespace {

// In 16 bits: the instruction for bytes adds pairs of products in 16 bits, which do not hold them.
struct Int8 {
  using V = Vectors<8>;
  using Code = uint16_t;
  using Sum = V::Ints;
  static constexpr size_t kWidth = 8, kRows = 6, kVectors = 2;
  static constexpr WordForm kForm = WordForm::kShorts;

  static Sum Dot(Sum sum, V::Words codes, V::Words weights) {
    return sum + (Sum)_mm256_madd_epi16((__m256i)codes, (__m256i)weights);
  }
  static void Put(Code* at, V::Floats values) {
    const auto words = (__m256i)Rounded<8>(values);
    _mm_storeu_si128(
        reinterpret_cast<__m128i*>(at),
        _mm_packus_epi32(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1)));
  }
};

}  // namespace

constinit const NarrowKernels kAvx2Int8 = MakeNarrowKernels<Int8>("avx2");

}  // namespace semblance::encoder
