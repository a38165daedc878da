// The search through a graph.
#pragma once

#include <cstdint>
#include <vector>

#include "index/hnsw_graph.h"
#include "index/scorer.h"
#include "index/segment.h"

namespace semblance::index {

// About the options.k nearest of the graph's nodes, nearest first, by a walk that keeps max(ef, k)
// candidates (both at least 1). Nodes outside of options.allowed are walked through and never
// returned. Fewer than k may come back, also when more are allowed, and none that is farther than
// options.bound need come. row_ids [graph.size()];
// `scorer` (a Scorer or a CodeScorer) measures the graph's nodes.
//
// Each thread keeps one byte a node of the largest graph it has walked.
template <typename AnyScorer>
std::vector<Neighbour> Walk(const HnswGraph& graph, const AnyScorer& scorer, const int64_t* row_ids,
                            const SearchOptions& options);

}  // namespace semblance::index
