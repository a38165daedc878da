#include "index/equal_rows.h"

#include <xxhash.h>

#include <algorithm>
#include <cstring>
#include <unordered_map>
#include <utility>

namespace semblance::index {

BigArray<uint32_t> LinkEqualRows(const float* rows, uint32_t size, uint32_t dimension) {
  const size_t bytes = size_t{dimension} * sizeof(float);
  const auto row = [&](uint32_t i) { return rows + size_t{i} * dimension; };
  BigArray<uint32_t> next(size);
  std::fill(next.span().begin(), next.span().end(), kNoRow);
  bool any = false;
  // The last row with a hash; two different rows with one hash, should it happen, are just not
  // linked.
  std::unordered_map<uint64_t, uint32_t> last;
  last.reserve(size);
  for (uint32_t i = 0; i < size; ++i) {
    const auto [entry, fresh] = last.try_emplace(XXH3_64bits(row(i), bytes), i);
    if (fresh || std::memcmp(row(entry->second), row(i), bytes) != 0) continue;
    next[entry->second] = i;
    entry->second = i;
    any = true;
  }
  return any ? std::move(next) : BigArray<uint32_t>();
}

}  // namespace semblance::index
