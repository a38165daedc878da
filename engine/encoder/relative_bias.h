// MPNet's positions inside attention: each head adds to a score a number that depends on how far
// the key stands from the query. Distances share numbers, the more the farther: 32 buckets.
#pragma once

#include <cstdint>
#include <vector>

namespace semblance::encoder {

inline constexpr int64_t kDistanceBuckets = 32;

// Of a key that stands `distance` tokens behind the query (negative: before it). Half of the
// buckets are for each side; half of those for one distance each, and the rest grow with its
// logarithm up to 128.
int64_t DistanceBucket(int64_t distance);

// table [32, heads] -> [heads, 2 * reach + 1], as AttentionShape::distance_bias has it.
std::vector<float> DistanceBias(const std::vector<float>& table, int64_t heads, int64_t reach);

}  // namespace semblance::encoder
