// Maximal marginal relevance: of many near rows, few that are near and differ from each other.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "index/metric.h"

namespace semblance::index {

// Rows that a search found, nearest first.
struct Candidates {
  Metric metric = Metric::kCosine;
  uint32_t dimension = 0;
  std::span<const float> vectors;    // [n, dimension] raw
  std::span<const float> distances;  // [n] from the query
};

// Positions of at most k candidates in the order in which they are chosen: each time the one with
// the largest
//
//   (1 - diversity) * score of the candidate and the query
//       - diversity * largest score of the candidate and a chosen one
//
// where a score is metric.h's, the first subtrahend is 0, and of equals the nearer is chosen
// (Carbonell and Goldstein 1998; their lambda is 1 - diversity). diversity is from 0, the nearest
// k, to 1. k * n distances. `cancel`, when given, is polled: true throws kInterrupted.
std::vector<uint32_t> Diversify(const Candidates& candidates, uint32_t k, double diversity,
                                const std::function<bool()>& cancel = {});

}  // namespace semblance::index
