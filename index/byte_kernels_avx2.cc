// AVX2 kernel of 8-bit codes. As in kernels_avx2.cc the instruction set is named function by
// function.
#include <immintrin.h>

#include "index/code_kernels.h"

namespace semblance::index {
namespace {

[[gnu::target("avx2"), gnu::always_inline]] inline int32_t Total(__m256i sum) {
  __m128i half = _mm_add_epi32(_mm256_castsi256_si128(sum), _mm256_extracti128_si256(sum, 1));
  half = _mm_add_epi32(half, _mm_shuffle_epi32(half, 0x4e));
  half = _mm_add_epi32(half, _mm_shuffle_epi32(half, 0xb1));
  return _mm_cvtsi128_si32(half);
}

// The instruction multiplies unsigned by signed bytes, so a product q r is taken as |q| (r with the
// sign of q). Two products of at most 127 * 127 are added in 16 bits, which hold 32,767.
template <int kRows>
[[gnu::target("avx2"), gnu::always_inline]] inline void Compute(const int8_t* query,
                                                                const int8_t* const* rows,
                                                                size_t stride, int32_t* out) {
  const __m256i ones = _mm256_set1_epi16(1);
  __m256i sums[kRows];
  for (int r = 0; r < kRows; ++r) sums[r] = _mm256_setzero_si256();
  for (size_t i = 0; i < stride; i += 32) {
    const __m256i q = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(query + i));
    const __m256i size = _mm256_abs_epi8(q);
#pragma GCC unroll 4
    for (int r = 0; r < kRows; ++r) {
      const __m256i row = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(rows[r] + i));
      const __m256i pairs = _mm256_maddubs_epi16(size, _mm256_sign_epi8(row, q));
      sums[r] = _mm256_add_epi32(sums[r], _mm256_madd_epi16(pairs, ones));
    }
  }
  for (int r = 0; r < kRows; ++r) out[r] = Total(sums[r]);
}

[[gnu::target("avx2")]] float One(const void* query, const void* row, size_t stride) {
  const auto* const codes = static_cast<const int8_t*>(row);
  int32_t out;
  Compute<1>(static_cast<const int8_t*>(query), &codes, stride, &out);
  return static_cast<float>(out);
}

[[gnu::target("avx2")]] void Four(const void* query, const void* const* rows, size_t stride,
                                  float* out) {
  const int8_t* codes[4];
  for (int r = 0; r < 4; ++r) codes[r] = static_cast<const int8_t*>(rows[r]);
  int32_t products[4];
  Compute<4>(static_cast<const int8_t*>(query), codes, stride, products);
  for (int r = 0; r < 4; ++r) out[r] = static_cast<float>(products[r]);
}

}  // namespace

const CodeKernel kAvx2ByteKernel = {"avx2", &One, &Four};

}  // namespace semblance::index
