// AVX-512F kernels. As in kernels_avx2.cc the instruction set is named function by function.
#include <immintrin.h>

#include "index/kernels.h"

namespace semblance::index {
namespace {

enum class Term { kProduct, kSquaredDifference };

template <Term kTerm>
[[gnu::target("avx512f"), gnu::always_inline]] inline __m512 Add(__m512 sum, __m512 a, __m512 b) {
  if constexpr (kTerm == Term::kProduct) return _mm512_fmadd_ps(a, b, sum);
  const __m512 difference = _mm512_sub_ps(a, b);
  return _mm512_fmadd_ps(difference, difference, sum);
}

// The masks only spare us false warnings: g++ 12's plain forms name a register that was never set.
[[gnu::target("avx512f"), gnu::always_inline]] inline float Total(__m512 even, __m512 odd) {
  const __m512d sum = _mm512_castps_pd(_mm512_add_ps(even, odd));
  const __m256 low = _mm256_castpd_ps(_mm512_maskz_extractf64x4_pd(0xf, sum, 0));
  const __m256 high = _mm256_castpd_ps(_mm512_maskz_extractf64x4_pd(0xf, sum, 1));
  const __m256 eight = _mm256_add_ps(low, high);
  const __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
  const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}

// `kRows` rows at a time; each row has two sums (even and odd groups of sixteen), whatever kRows
// is: see kernels.h.
template <Term kTerm, int kRows>
[[gnu::target("avx512f"), gnu::always_inline]] inline void Compute(const float* query,
                                                                   const float* const* rows,
                                                                   size_t dimension, float* out) {
  __m512 even[kRows], odd[kRows];
  for (int r = 0; r < kRows; ++r) even[r] = odd[r] = _mm512_setzero_ps();
  size_t i = 0;
  for (; i + 32 <= dimension; i += 32) {
    const __m512 q0 = _mm512_loadu_ps(query + i);
    const __m512 q1 = _mm512_loadu_ps(query + i + 16);
#pragma GCC unroll 4
    for (int r = 0; r < kRows; ++r) {
      even[r] = Add<kTerm>(even[r], q0, _mm512_loadu_ps(rows[r] + i));
      odd[r] = Add<kTerm>(odd[r], q1, _mm512_loadu_ps(rows[r] + i + 16));
    }
  }
  if (i + 16 <= dimension) {
    const __m512 q = _mm512_loadu_ps(query + i);
    for (int r = 0; r < kRows; ++r) even[r] = Add<kTerm>(even[r], q, _mm512_loadu_ps(rows[r] + i));
    i += 16;
  }
  if (i < dimension) {
    // Lanes that are masked off are not read, so a row may end at the end of its page.
    const __mmask16 mask = static_cast<__mmask16>((1u << (dimension - i)) - 1);
    const __m512 q = _mm512_maskz_loadu_ps(mask, query + i);
    for (int r = 0; r < kRows; ++r) {
      odd[r] = Add<kTerm>(odd[r], q, _mm512_maskz_loadu_ps(mask, rows[r] + i));
    }
  }
  for (int r = 0; r < kRows; ++r) out[r] = Total(even[r], odd[r]);
}

template <Term kTerm>
[[gnu::target("avx512f")]] float One(const float* query, const float* row, size_t dimension) {
  float out;
  Compute<kTerm, 1>(query, &row, dimension, &out);
  return out;
}

template <Term kTerm>
[[gnu::target("avx512f")]] void Four(const float* query, const float* const* rows, size_t dimension,
                                     float* out) {
  Compute<kTerm, 4>(query, rows, dimension, out);
}

}  // namespace

const KernelSet kAvx512Kernels = {
    "avx512",
    {&One<Term::kProduct>, &Four<Term::kProduct>},
    {&One<Term::kSquaredDifference>, &Four<Term::kSquaredDifference>},
};

}  // namespace semblance::index
