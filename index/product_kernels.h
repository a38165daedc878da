// Sums of table entries that 4-bit codes choose, for 32 rows at once, and the choice of codes for a
// row: one kernel for each instruction set, chosen once at run time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "index/code_kernels.h"

namespace semblance::index {

inline constexpr size_t kProductRows = 32;     // of a block
inline constexpr size_t kCodebookPoints = 16;  // of a subspace, which has two dimensions

// codes [groups, 32]: byte r of a group holds two codes of row r, the first in the low four bits.
// low, high [groups, 2, 16]: the tables that the two choose from, each twice, 0 .. 127.
// out [32]: the sums of what was chosen. Exact: integers do not round.
struct ProductKernel {
  std::string_view name;
  void (*sum)(const uint8_t* low, const uint8_t* high, const uint8_t* codes, size_t groups,
              uint32_t* out);
  // codebooks [2 groups, 2, 16]: of each subspace the first numbers of its points, then the second
  // ones. row [4 groups]. packed [groups]: the nearest point of each subspace, of equals the first,
  // two subspaces a byte; the kernels may differ where two are equally near but for rounding.
  void (*encode)(const float* codebooks, const float* row, size_t groups, uint8_t* packed);
};

// kAvx2; kAvx512: with AVX-512BW. nullptr where this processor lacks the instructions.
const ProductKernel* ProductKernelOf(CodeLevel level);
// The best this processor has.
const ProductKernel& BestProductKernel();

}  // namespace semblance::index
