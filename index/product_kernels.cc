// The shuffles of product codes. As in kernels_avx2.cc the instruction set is named function by
// function.
#include "index/product_kernels.h"

#include <immintrin.h>

#include <algorithm>
#include <bit>

#include "index/first_least.h"

namespace semblance::index {
namespace {

// Two entries are at most 254 together, so that many groups fit 16 bits.
constexpr size_t kGroupsOf16Bits = 256;

void SumPortable(const uint8_t* low, const uint8_t* high, const uint8_t* codes, size_t groups,
                 uint32_t* out) {
  std::fill_n(out, kProductRows, 0u);
  for (size_t group = 0; group < groups; ++group) {
    for (size_t row = 0; row < kProductRows; ++row) {
      const uint8_t code = codes[group * 32 + row];
      out[row] += low[group * 32 + (code & 15)] + uint32_t{high[group * 32 + (code >> 4)]};
    }
  }
}

uint8_t NearestPortable(const float* book, float x, float y) {
  float distances[kCodebookPoints];
  for (size_t p = 0; p < kCodebookPoints; ++p) {
    const float dx = x - book[p], dy = y - book[kCodebookPoints + p];
    distances[p] = dx * dx + dy * dy;
  }
  return static_cast<uint8_t>(FirstLeast(distances, kCodebookPoints));
}

// As _mm512_reduce_min_ps and a comparison, which eight lanes have no instruction for.
[[gnu::target("avx2")]] uint8_t NearestAvx2(const float* book, float x, float y) {
  __m256 distances[2];
  for (int half = 0; half < 2; ++half) {
    const float* const points = book + 8 * half;
    const __m256 dx = _mm256_sub_ps(_mm256_set1_ps(x), _mm256_loadu_ps(points));
    const __m256 dy = _mm256_sub_ps(_mm256_set1_ps(y), _mm256_loadu_ps(points + kCodebookPoints));
    distances[half] = _mm256_add_ps(_mm256_mul_ps(dx, dx), _mm256_mul_ps(dy, dy));
  }
  __m256 least = _mm256_min_ps(distances[0], distances[1]);
  least = _mm256_min_ps(least, _mm256_permute2f128_ps(least, least, 1));
  least = _mm256_min_ps(least, _mm256_permute_ps(least, 0x4e));
  least = _mm256_min_ps(least, _mm256_permute_ps(least, 0xb1));
  const int low = _mm256_movemask_ps(_mm256_cmp_ps(distances[0], least, _CMP_EQ_OQ));
  const int high = _mm256_movemask_ps(_mm256_cmp_ps(distances[1], least, _CMP_EQ_OQ));
  return static_cast<uint8_t>(std::countr_zero(static_cast<unsigned>(low | high << 8 | 1 << 15)));
}

[[gnu::target("avx512f")]] uint8_t NearestAvx512(const float* book, float x, float y) {
  const __m512 dx = _mm512_sub_ps(_mm512_set1_ps(x), _mm512_loadu_ps(book));
  const __m512 dy = _mm512_sub_ps(_mm512_set1_ps(y), _mm512_loadu_ps(book + kCodebookPoints));
  const __m512 distances = _mm512_add_ps(_mm512_mul_ps(dx, dx), _mm512_mul_ps(dy, dy));
  const __m512 least = _mm512_set1_ps(_mm512_reduce_min_ps(distances));
  const __mmask16 equal = _mm512_cmp_ps_mask(distances, least, _CMP_EQ_OQ);
  return static_cast<uint8_t>(std::countr_zero(unsigned{equal} | 1u << 15));
}

template <typename Nearest>
[[gnu::always_inline]] inline void Encode(const float* codebooks, const float* row, size_t groups,
                                          uint8_t* packed, Nearest nearest) {
  constexpr size_t kBook = 2 * kCodebookPoints;
  for (size_t group = 0; group < groups; ++group, codebooks += 2 * kBook, row += 4) {
    const uint8_t second = nearest(codebooks + kBook, row[2], row[3]);
    packed[group] = static_cast<uint8_t>(nearest(codebooks, row[0], row[1]) | second << 4);
  }
}
void EncodePortable(const float* codebooks, const float* row, size_t groups, uint8_t* packed) {
  Encode(codebooks, row, groups, packed, &NearestPortable);
}
[[gnu::target("avx2")]] void EncodeAvx2(const float* codebooks, const float* row, size_t groups,
                                        uint8_t* packed) {
  Encode(codebooks, row, groups, packed, &NearestAvx2);
}
[[gnu::target("avx512f")]] void EncodeAvx512(const float* codebooks, const float* row,
                                             size_t groups, uint8_t* packed) {
  Encode(codebooks, row, groups, packed, &NearestAvx512);
}

// Of one group, added to the 16-bit sums of the even and of the odd rows.
[[gnu::target("avx2"), gnu::always_inline]] inline void AddGroup(const uint8_t* low,
                                                                 const uint8_t* high,
                                                                 const uint8_t* codes,
                                                                 __m256i* even, __m256i* odd) {
  const __m256i four_bits = _mm256_set1_epi8(15);
  const __m256i both = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(codes));
  const __m256i low_table = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(low));
  const __m256i high_table = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(high));
  const __m256i first = _mm256_and_si256(both, four_bits);
  const __m256i second = _mm256_and_si256(_mm256_srli_epi16(both, 4), four_bits);
  const __m256i sum = _mm256_add_epi8(_mm256_shuffle_epi8(low_table, first),
                                      _mm256_shuffle_epi8(high_table, second));
  *even = _mm256_add_epi16(*even, _mm256_and_si256(sum, _mm256_set1_epi16(255)));
  *odd = _mm256_add_epi16(*odd, _mm256_srli_epi16(sum, 8));
}

[[gnu::target("avx2")]] void SumAvx2(const uint8_t* low, const uint8_t* high, const uint8_t* codes,
                                     size_t groups, uint32_t* out) {
  std::fill_n(out, kProductRows, 0u);
  for (size_t first = 0; first < groups; first += kGroupsOf16Bits) {
    const size_t end = std::min(groups, first + kGroupsOf16Bits);
    __m256i even = _mm256_setzero_si256(), odd = _mm256_setzero_si256();
    for (size_t group = first; group < end; ++group)
      AddGroup(low + group * 32, high + group * 32, codes + group * 32, &even, &odd);
    alignas(32) uint16_t evens[16], odds[16];
    _mm256_store_si256(reinterpret_cast<__m256i*>(evens), even);
    _mm256_store_si256(reinterpret_cast<__m256i*>(odds), odd);
    for (size_t i = 0; i < 16; ++i) {
      out[2 * i] += evens[i];
      out[2 * i + 1] += odds[i];
    }
  }
}

// Two groups at once, the second of which is not there when their number is odd.
[[gnu::target("avx512f,avx512bw")]] void SumAvx512(const uint8_t* low, const uint8_t* high,
                                                   const uint8_t* codes, size_t groups,
                                                   uint32_t* out) {
  std::fill_n(out, kProductRows, 0u);
  const __m512i four_bits = _mm512_set1_epi8(15);
  for (size_t first = 0; first < groups; first += kGroupsOf16Bits) {
    const size_t end = std::min(groups, first + kGroupsOf16Bits);
    __m512i even = _mm512_setzero_si512(), odd = _mm512_setzero_si512();
    for (size_t group = first; group < end; group += 2) {
      const __mmask8 there = group + 2 <= end ? 0xff : 0x0f;
      const __m512i both = _mm512_maskz_loadu_epi64(there, codes + group * 32);
      const __m512i low_tables = _mm512_maskz_loadu_epi64(there, low + group * 32);
      const __m512i high_tables = _mm512_maskz_loadu_epi64(there, high + group * 32);
      const __m512i ones = _mm512_and_si512(both, four_bits);
      const __m512i others = _mm512_and_si512(_mm512_srli_epi16(both, 4), four_bits);
      const __m512i sum = _mm512_add_epi8(_mm512_shuffle_epi8(low_tables, ones),
                                          _mm512_shuffle_epi8(high_tables, others));
      even = _mm512_add_epi16(even, _mm512_and_si512(sum, _mm512_set1_epi16(255)));
      odd = _mm512_add_epi16(odd, _mm512_srli_epi16(sum, 8));
    }
    alignas(64) uint16_t evens[32], odds[32];  // of the first groups, then of the second ones
    _mm512_store_si512(evens, even);
    _mm512_store_si512(odds, odd);
    for (size_t i = 0; i < 16; ++i) {
      out[2 * i] += uint32_t{evens[i]} + evens[i + 16];
      out[2 * i + 1] += uint32_t{odds[i]} + odds[i + 16];
    }
  }
}

constexpr ProductKernel kPortable = {"portable", &SumPortable, &EncodePortable};
constexpr ProductKernel kAvx2 = {"avx2", &SumAvx2, &EncodeAvx2};
constexpr ProductKernel kAvx512 = {"avx512bw", &SumAvx512, &EncodeAvx512};

}  // namespace

const ProductKernel* ProductKernelOf(CodeLevel level) {
  const bool avx2 = __builtin_cpu_supports("avx2");
  switch (level) {
    case CodeLevel::kAvx512:
      return __builtin_cpu_supports("avx512bw") ? &kAvx512 : nullptr;
    case CodeLevel::kAvx2:
      return avx2 ? &kAvx2 : nullptr;
    default:
      return &kPortable;
  }
}

const ProductKernel& BestProductKernel() {
  static const ProductKernel* const best = [] {
    for (CodeLevel level : {CodeLevel::kAvx512, CodeLevel::kAvx2}) {
      if (const ProductKernel* kernel = ProductKernelOf(level)) return kernel;
    }
    return ProductKernelOf(CodeLevel::kPortable);
  }();
  return *best;
}

}  // namespace semblance::index
