// The search through a graph.
#pragma once

#include <cstdint>
#include <vector>

#include "index/hnsw_graph.h"
#include "index/scorer.h"
#include "index/segment.h"

namespace semblance::index {

struct Walked {
  std::vector<Neighbour> found;
  bool gave_up = false;  // because nothing was as near as options.bound
};

// About the options.k nearest of the graph's nodes, nearest first, by a walk that keeps max(ef, k)
// candidates (both at least 1). Nodes outside of options.allowed are walked through and never
// returned. Fewer than k may come back, also when more are allowed. A walk that is not near
// options.bound, and comes no nearer, is given up. row_ids [graph.size()]; `scorer` (a Scorer or a
// CodeScorer) measures the graph's nodes.
//
// Each thread keeps one byte a node of the largest graph it has walked.
template <typename AnyScorer>
Walked Walk(const HnswGraph& graph, const AnyScorer& scorer, const int64_t* row_ids,
            const SearchOptions& options);

}  // namespace semblance::index
