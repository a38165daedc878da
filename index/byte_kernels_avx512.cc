// AVX-512 VNNI kernel of 8-bit codes. As in kernels_avx2.cc the instruction set is named function
// by function.
#include <immintrin.h>

#include "index/code_kernels.h"

namespace semblance::index {
namespace {

// The masks only spare us false warnings: see kernels_avx512.cc.
[[gnu::target("avx512f,avx512bw,avx512vnni"), gnu::always_inline]] inline int32_t Total(
    __m512i sum) {
  const __m256i eight = _mm256_add_epi32(_mm512_maskz_extracti64x4_epi64(0xf, sum, 0),
                                         _mm512_maskz_extracti64x4_epi64(0xf, sum, 1));
  __m128i four = _mm_add_epi32(_mm256_castsi256_si128(eight), _mm256_extracti128_si256(eight, 1));
  four = _mm_add_epi32(four, _mm_shuffle_epi32(four, 0x4e));
  four = _mm_add_epi32(four, _mm_shuffle_epi32(four, 0xb1));
  return _mm_cvtsi128_si32(four);
}

// The totals of four sums at once: transposing costs less than four times folding.
[[gnu::target("avx512f,avx512bw,avx512vnni"), gnu::always_inline]] inline __m128i Totals(
    const __m512i* sums) {
  const __m512i low = _mm512_add_epi32(_mm512_maskz_unpacklo_epi32(0xffff, sums[0], sums[1]),
                                       _mm512_maskz_unpackhi_epi32(0xffff, sums[0], sums[1]));
  const __m512i high = _mm512_add_epi32(_mm512_maskz_unpacklo_epi32(0xffff, sums[2], sums[3]),
                                        _mm512_maskz_unpackhi_epi32(0xffff, sums[2], sums[3]));
  const __m512i all = _mm512_add_epi32(_mm512_maskz_unpacklo_epi64(0xff, low, high),
                                       _mm512_maskz_unpackhi_epi64(0xff, low, high));
  const __m256i half = _mm256_add_epi32(_mm512_maskz_extracti64x4_epi64(0xf, all, 0),
                                        _mm512_maskz_extracti64x4_epi64(0xf, all, 1));
  return _mm_add_epi32(_mm256_castsi256_si128(half), _mm256_extracti128_si256(half, 1));
}

// The instruction multiplies unsigned by signed bytes, so a row's code r goes in as r + 128, and
// 128 times the sum of the query's codes is taken off again: q r = q (r + 128) - 128 q.
template <int kRows>
[[gnu::target("avx512f,avx512bw,avx512vnni"), gnu::always_inline]] inline void Compute(
    const int8_t* query, const int8_t* const* rows, size_t stride, int32_t* out) {
  const __m512i high = _mm512_set1_epi8(static_cast<char>(0x80));
  __m512i excess = _mm512_setzero_si512();
  __m512i sums[kRows];
  for (int r = 0; r < kRows; ++r) sums[r] = _mm512_setzero_si512();
  for (size_t i = 0; i < stride; i += 64) {
    const __m512i q = _mm512_loadu_si512(query + i);
    excess = _mm512_dpbusd_epi32(excess, high, q);
#pragma GCC unroll 4
    for (int r = 0; r < kRows; ++r) {
      const __m512i row = _mm512_xor_si512(_mm512_loadu_si512(rows[r] + i), high);
      sums[r] = _mm512_dpbusd_epi32(sums[r], row, q);
    }
  }
  for (int r = 0; r < kRows; ++r) sums[r] = _mm512_sub_epi32(sums[r], excess);
  if constexpr (kRows == 4) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out), Totals(sums));
  } else {
    for (int r = 0; r < kRows; ++r) out[r] = Total(sums[r]);
  }
}

[[gnu::target("avx512f,avx512bw,avx512vnni")]] float One(const void* query, const void* row,
                                                         size_t stride) {
  const auto* const codes = static_cast<const int8_t*>(row);
  int32_t out;
  Compute<1>(static_cast<const int8_t*>(query), &codes, stride, &out);
  return static_cast<float>(out);
}

[[gnu::target("avx512f,avx512bw,avx512vnni")]] void Four(const void* query, const void* const* rows,
                                                         size_t stride, float* out) {
  const int8_t* codes[4];
  for (int r = 0; r < 4; ++r) codes[r] = static_cast<const int8_t*>(rows[r]);
  int32_t products[4];
  Compute<4>(static_cast<const int8_t*>(query), codes, stride, products);
  for (int r = 0; r < 4; ++r) out[r] = static_cast<float>(products[r]);
}

}  // namespace

const CodeKernel kAvx512ByteKernel = {"avx512vnni", &One, &Four};

}  // namespace semblance::index
