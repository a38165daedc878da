// Kernels of binary codes. As in kernels_avx2.cc the instruction set is named function by function.
#include <immintrin.h>

#include "index/code_kernels.h"

namespace semblance::index {
namespace {

[[gnu::target("popcnt")]] float OnePopcnt(const void* query, const void* row, size_t stride) {
  const auto* const q = static_cast<const uint64_t*>(query);
  const auto* const r = static_cast<const uint64_t*>(row);
  long long count = 0;
  for (size_t i = 0; i < stride / 8; ++i) count += __builtin_popcountll(q[i] ^ r[i]);
  return static_cast<float>(count);
}

[[gnu::target("popcnt")]] void FourPopcnt(const void* query, const void* const* rows, size_t stride,
                                          float* out) {
  for (int r = 0; r < 4; ++r) out[r] = OnePopcnt(query, rows[r], stride);
}

template <int kRows>
[[gnu::target("avx512f,avx512vpopcntdq"), gnu::always_inline]] inline void ComputeAvx512(
    const void* query, const void* const* rows, size_t stride, float* out) {
  const auto* const q = static_cast<const uint64_t*>(query);
  const size_t words = stride / 8;
  __m512i sums[kRows];
  for (int r = 0; r < kRows; ++r) sums[r] = _mm512_setzero_si512();
  for (size_t i = 0; i < words; i += 8) {
    const auto mask = static_cast<__mmask8>(words - i < 8 ? (1u << (words - i)) - 1 : 0xff);
    const __m512i q0 = _mm512_maskz_loadu_epi64(mask, q + i);
#pragma GCC unroll 4
    for (int r = 0; r < kRows; ++r) {
      const __m512i row = _mm512_maskz_loadu_epi64(mask, static_cast<const uint64_t*>(rows[r]) + i);
      sums[r] = _mm512_add_epi64(sums[r], _mm512_popcnt_epi64(_mm512_xor_si512(q0, row)));
    }
  }
  for (int r = 0; r < kRows; ++r) {
    alignas(64) uint64_t lanes[8];
    _mm512_store_si512(lanes, sums[r]);
    uint64_t count = 0;
    for (uint64_t lane : lanes) count += lane;
    out[r] = static_cast<float>(count);
  }
}

[[gnu::target("avx512f,avx512vpopcntdq")]] float OneAvx512(const void* query, const void* row,
                                                           size_t stride) {
  float out;
  ComputeAvx512<1>(query, &row, stride, &out);
  return out;
}

[[gnu::target("avx512f,avx512vpopcntdq")]] void FourAvx512(const void* query,
                                                           const void* const* rows, size_t stride,
                                                           float* out) {
  ComputeAvx512<4>(query, rows, stride, out);
}

}  // namespace

const CodeKernel kAvx2BitKernel = {"popcnt", &OnePopcnt, &FourPopcnt};
const CodeKernel kAvx512BitKernel = {"avx512vpopcntdq", &OneAvx512, &FourAvx512};

}  // namespace semblance::index
