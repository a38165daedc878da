// AVX2 + FMA kernels. The instruction set is named function by function, so that nothing else of
// this file, and no inline function of a header, is compiled for it: the program still starts on a
// processor without it.
#include <immintrin.h>

#include <cstdint>

#include "index/kernels.h"

namespace semblance::index {
namespace {

// Lanes 0 .. rest-1 of the eight from kMask + 8 - rest are set.
alignas(32) constexpr int32_t kMask[16] = {-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0};

enum class Term { kProduct, kSquaredDifference };

template <Term kTerm>
[[gnu::target("avx2,fma"), gnu::always_inline]] inline __m256 Add(__m256 sum, __m256 a, __m256 b) {
  if constexpr (kTerm == Term::kProduct) return _mm256_fmadd_ps(a, b, sum);
  const __m256 difference = _mm256_sub_ps(a, b);
  return _mm256_fmadd_ps(difference, difference, sum);
}

[[gnu::target("avx2,fma"), gnu::always_inline]] inline float Total(__m256 even, __m256 odd) {
  const __m256 sum = _mm256_add_ps(even, odd);
  __m128 half = _mm_add_ps(_mm256_castps256_ps128(sum), _mm256_extractf128_ps(sum, 1));
  half = _mm_add_ps(half, _mm_movehl_ps(half, half));
  return _mm_cvtss_f32(_mm_add_ss(half, _mm_movehdup_ps(half)));
}

// `kRows` rows at a time; each row has two sums (even and odd groups of eight), whatever kRows is:
// see kernels.h.
template <Term kTerm, int kRows>
[[gnu::target("avx2,fma"), gnu::always_inline]] inline void Compute(const float* query,
                                                                    const float* const* rows,
                                                                    size_t dimension, float* out) {
  __m256 even[kRows], odd[kRows];
  for (int r = 0; r < kRows; ++r) even[r] = odd[r] = _mm256_setzero_ps();
  size_t i = 0;
  for (; i + 16 <= dimension; i += 16) {
    const __m256 q0 = _mm256_loadu_ps(query + i);
    const __m256 q1 = _mm256_loadu_ps(query + i + 8);
#pragma GCC unroll 4
    for (int r = 0; r < kRows; ++r) {
      even[r] = Add<kTerm>(even[r], q0, _mm256_loadu_ps(rows[r] + i));
      odd[r] = Add<kTerm>(odd[r], q1, _mm256_loadu_ps(rows[r] + i + 8));
    }
  }
  if (i + 8 <= dimension) {
    const __m256 q = _mm256_loadu_ps(query + i);
    for (int r = 0; r < kRows; ++r) even[r] = Add<kTerm>(even[r], q, _mm256_loadu_ps(rows[r] + i));
    i += 8;
  }
  if (i < dimension) {
    const __m256i mask =
        _mm256_loadu_si256(reinterpret_cast<const __m256i*>(kMask + 8 - (dimension - i)));
    const __m256 q = _mm256_maskload_ps(query + i, mask);
    for (int r = 0; r < kRows; ++r) {
      odd[r] = Add<kTerm>(odd[r], q, _mm256_maskload_ps(rows[r] + i, mask));
    }
  }
  for (int r = 0; r < kRows; ++r) out[r] = Total(even[r], odd[r]);
}

template <Term kTerm>
[[gnu::target("avx2,fma")]] float One(const float* query, const float* row, size_t dimension) {
  float out;
  Compute<kTerm, 1>(query, &row, dimension, &out);
  return out;
}

template <Term kTerm>
[[gnu::target("avx2,fma")]] void Four(const float* query, const float* const* rows,
                                      size_t dimension, float* out) {
  Compute<kTerm, 4>(query, rows, dimension, out);
}

}  // namespace

const KernelSet kAvx2Kernels = {
    "avx2",
    {&One<Term::kProduct>, &Four<Term::kProduct>},
    {&One<Term::kSquaredDifference>, &Four<Term::kSquaredDifference>},
};

}  // namespace semblance::index
