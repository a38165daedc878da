// Kernels of f16 codes. As in kernels_avx2.cc the instruction set is named function by function.
#include <immintrin.h>

#include "index/code_kernels.h"

namespace semblance::index {
namespace {

[[gnu::target("avx2,fma,f16c"), gnu::always_inline]] inline float Total(__m256 even, __m256 odd) {
  const __m256 sum = _mm256_add_ps(even, odd);
  __m128 half = _mm_add_ps(_mm256_castps256_ps128(sum), _mm256_extractf128_ps(sum, 1));
  half = _mm_add_ps(half, _mm_movehl_ps(half, half));
  return _mm_cvtss_f32(_mm_add_ss(half, _mm_movehdup_ps(half)));
}

template <int kRows>
[[gnu::target("avx2,fma,f16c"), gnu::always_inline]] inline void ComputeAvx2(
    const void* query, const void* const* rows, size_t stride, float* out) {
  const auto* const q = static_cast<const float*>(query);
  __m256 even[kRows], odd[kRows];
  for (int r = 0; r < kRows; ++r) even[r] = odd[r] = _mm256_setzero_ps();
  for (size_t i = 0; i < stride / 2; i += 16) {
    const __m256 q0 = _mm256_loadu_ps(q + i);
    const __m256 q1 = _mm256_loadu_ps(q + i + 8);
#pragma GCC unroll 4
    for (int r = 0; r < kRows; ++r) {
      const auto* const row = static_cast<const uint16_t*>(rows[r]) + i;
      const __m128i low = _mm_loadu_si128(reinterpret_cast<const __m128i*>(row));
      const __m128i high = _mm_loadu_si128(reinterpret_cast<const __m128i*>(row + 8));
      even[r] = _mm256_fmadd_ps(q0, _mm256_cvtph_ps(low), even[r]);
      odd[r] = _mm256_fmadd_ps(q1, _mm256_cvtph_ps(high), odd[r]);
    }
  }
  for (int r = 0; r < kRows; ++r) out[r] = Total(even[r], odd[r]);
}

[[gnu::target("avx2,fma,f16c")]] float OneAvx2(const void* query, const void* row, size_t stride) {
  float out;
  ComputeAvx2<1>(query, &row, stride, &out);
  return out;
}

[[gnu::target("avx2,fma,f16c")]] void FourAvx2(const void* query, const void* const* rows,
                                               size_t stride, float* out) {
  ComputeAvx2<4>(query, rows, stride, out);
}

// The masks only spare us false warnings: see kernels_avx512.cc.
template <int kRows>
[[gnu::target("avx512f"), gnu::always_inline]] inline void ComputeAvx512(const void* query,
                                                                         const void* const* rows,
                                                                         size_t stride,
                                                                         float* out) {
  const auto* const q = static_cast<const float*>(query);
  __m512 sums[kRows];
  for (int r = 0; r < kRows; ++r) sums[r] = _mm512_setzero_ps();
  for (size_t i = 0; i < stride / 2; i += 16) {
    const __m512 q0 = _mm512_loadu_ps(q + i);
#pragma GCC unroll 4
    for (int r = 0; r < kRows; ++r) {
      const auto* const row = static_cast<const uint16_t*>(rows[r]) + i;
      const __m256i codes = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(row));
      sums[r] = _mm512_fmadd_ps(q0, _mm512_maskz_cvtph_ps(0xffff, codes), sums[r]);
    }
  }
  for (int r = 0; r < kRows; ++r) {
    alignas(64) float lanes[16];
    _mm512_store_ps(lanes, sums[r]);
    for (int width = 8; width > 0; width /= 2) {
      for (int i = 0; i < width; ++i) lanes[i] += lanes[i + width];
    }
    out[r] = lanes[0];
  }
}

[[gnu::target("avx512f")]] float OneAvx512(const void* query, const void* row, size_t stride) {
  float out;
  ComputeAvx512<1>(query, &row, stride, &out);
  return out;
}

[[gnu::target("avx512f")]] void FourAvx512(const void* query, const void* const* rows,
                                           size_t stride, float* out) {
  ComputeAvx512<4>(query, rows, stride, out);
}

}  // namespace

const CodeKernel kAvx2HalfKernel = {"avx2", &OneAvx2, &FourAvx2};
const CodeKernel kAvx512HalfKernel = {"avx512", &OneAvx512, &FourAvx512};

}  // namespace semblance::index
