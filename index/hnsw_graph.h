// The links of a hierarchical navigable small world graph, laid out for walking.
//
// Nodes are the positions of a segment. Node i stands on the levels 0 .. levels[i]. A list of links
// holds node numbers and ends at the first kNoLink or when it is full: 2 m links on level 0, m on
// each level above.
//
// Of equal vectors only the first is linked; the others, its followers, hang on it in a chain.
// Linked like all others, a vector that is stored a thousand times would fill its lists with itself
// and cut itself, or what lies behind it, off from the rest.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

#include "index/big_array.h"
#include "index/codes.h"
#include "index/metric.h"

namespace semblance::index {

inline constexpr uint32_t kNoLink = 0xffffffff;
inline constexpr uint32_t kMinHnswM = 2;  // with one link a node the levels would never thin out
inline constexpr uint32_t kMaxHnswM = 128;
inline constexpr uint32_t kMaxEfConstruction = 4096;
inline constexpr uint32_t kMaxHnswLevel = 63;

struct HnswGraph {
  uint32_t m = 0;
  uint32_t entry = kNoLink;  // where a walk starts, a node of the highest level; kNoLink when empty
  BigArray<uint8_t> levels;  // [n]
  BigArray<uint32_t> base_links;   // [n, 2 m], level 0
  BigArray<uint32_t> upper_rows;   // [n], row of the node's level 1 in upper_links
  BigArray<uint32_t> upper_links;  // [sum of levels, m], a node's levels 1, 2, .. one after another
  BigArray<uint32_t> next_equal;   // [n], the next follower or kNoLink; empty: all vectors differ

  uint32_t size() const { return static_cast<uint32_t>(levels.size()); }
  size_t bytes() const {
    return levels.bytes() + base_links.bytes() + upper_rows.bytes() + upper_links.bytes() +
           next_equal.bytes();
  }
  // level must not be above levels[node].
  std::span<const uint32_t> Links(uint32_t node, uint32_t level) const {
    if (level == 0) return {base_links.data() + size_t{node} * 2 * m, 2 * m};
    return {upper_links.data() + (size_t{upper_rows[node]} + level - 1) * m, m};
  }
};

// Fills upper_rows from levels and returns the number of rows upper_links needs. Throws kCorruption
// for a level above kMaxHnswLevel or more rows than 32 bits count.
uint32_t NumberUpperRows(HnswGraph& graph);

// Throws kCorruption unless every link and the entry point lead to a node that stands on their
// level and is no follower, and chains ascend and are apart: then a walk cannot leave the arrays,
// ends, and meets each node once.
void CheckGraph(const HnswGraph& graph);

struct HnswBuildOptions {
  Metric metric = Metric::kCosine;
  uint32_t dimension = 0;
  uint32_t m = 16;
  uint32_t ef_construction = 100;
  uint32_t threads = 1;
};

// Builds over vectors [size, dimension], under cosine of unit length; nothing of them is copied.
// With `codes` of the same rows distances are measured between those, which is several times as
// fast and makes as good a graph, unless rows differ by less than codes can tell. `cancel` is
// polled on the calling thread; once it says true the result is false and `graph` unspecified. One
// thread makes the same graph every time, several do not. Throws kLibrary when FAISS fails.
bool BuildHnswGraph(const HnswBuildOptions& options, const float* vectors, uint32_t size,
                    const Codes* codes, const std::function<bool()>& cancel, HnswGraph& graph);

}  // namespace semblance::index
