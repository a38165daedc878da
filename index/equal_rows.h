// Rows that are the same, bit for bit: texts that occur many times have vectors that do.
#pragma once

#include <cstdint>

#include "index/big_array.h"

namespace semblance::index {

inline constexpr uint32_t kNoRow = 0xffffffff;

// Element i is the next row after i that equals it, or kNoRow. Empty when no two rows are equal.
// rows [size, dimension]; throws std::bad_alloc only.
BigArray<uint32_t> LinkEqualRows(const float* rows, uint32_t size, uint32_t dimension);

}  // namespace semblance::index
