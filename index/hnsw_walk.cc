#include "index/hnsw_walk.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include "index/codes.h"
#include "index/walk_candidates.h"

namespace semblance::index {
namespace {

// Which nodes a walk has seen. Marks carry the number of the walk, so a new walk need not clear
// them.
class VisitedNodes {
 public:
  void Start(uint32_t size) {
    if (marks_.size() < size) {
      marks_.assign(size, 0);
      walk_ = 0;
    }
    if (++walk_ == 0) {  // after 255 walks
      std::memset(marks_.data(), 0, marks_.size());
      walk_ = 1;
    }
  }
  void Visit(uint32_t node) { marks_[node] = walk_; }
  // The links up to the first kNoLink that were not visited, into `fresh`, and how many they are;
  // kVisit: now they are. Without branches, which nobody could foresee: every other link is new.
  enum class Then { kVisit, kLeave };
  template <Then kThen>
  uint32_t Fresh(std::span<const uint32_t> links, uint32_t* fresh) {
    uint8_t* const marks = marks_.data();
    const uint8_t walk = walk_;
    uint32_t count = 0;
    for (uint32_t link : links) {
      if (link == kNoLink) break;
      fresh[count] = link;
      count += marks[link] != walk ? 1 : 0;
      if constexpr (kThen == Then::kVisit) marks[link] = walk;
    }
    return count;
  }

 private:
  std::vector<uint8_t> marks_;
  uint8_t walk_ = 0;
};

// Kept from walk to walk by each thread.
struct Scratch {
  VisitedNodes visited;
  OrderedCandidates ordered;
  HeapCandidates heaps;
  uint64_t measured = 0;  // by this walk
  uint32_t nodes[2 * kMaxHnswM], ahead[2 * kMaxHnswM];
  float distances[2 * kMaxHnswM];
};

// Whether a walk is worth its candidates, where somebody else has found rows. It is not when, for
// some opened nodes, it has neither come nearer, as walks do that are still on their way, nor met a
// row that may be as near as those: half as many as it keeps candidates, before it has met the
// first such row, and as many afterwards, for there may be others behind rows that are farther.
template <typename AnyScorer>
class Prospect {
 public:
  Prospect(const AnyScorer& scorer, const SearchOptions& options)
      : scorer_(scorer),
        bound_(options.bound),
        kept_(std::max(options.ef, options.k)),
        patience_(std::max(kept_ / 2, kLeastPatience)),
        alone_(bound_ == std::numeric_limits<float>::infinity()) {}

  void Reached(uint32_t node, float distance) {
    if (alone_) return;
    if (distance < nearest_) {
      nearest_ = distance;
      opened_since_ = 0;
    } else if (opened_since_ == 0) {
      return;
    }
    if (scorer_.Least(node, distance) > bound_) return;
    opened_since_ = 0;
    patience_ = std::max(kept_, kLeastPatience);
  }
  // Of one more node whose links are to be looked at.
  bool Worth() { return alone_ || opened_since_++ < patience_; }

 private:
  static constexpr uint32_t kLeastPatience = 32;

  const AnyScorer& scorer_;
  const float bound_;
  const uint32_t kept_;
  uint32_t patience_;
  const bool alone_;  // nobody has found anything
  uint32_t opened_since_ = 0;
  float nearest_ = std::numeric_limits<float>::infinity();
};

// The links of a node that are seen for the first time, into scratch.nodes; their vectors are on
// the way to the cache.
template <typename AnyScorer>
uint32_t Gather(const AnyScorer& scorer, std::span<const uint32_t> links, Scratch& scratch) {
  const uint32_t count = scratch.visited.Fresh<VisitedNodes::Then::kVisit>(links, scratch.nodes);
  for (uint32_t i = 0; i < count; ++i) scorer.Prefetch(scratch.nodes[i]);
  return count;
}

// Brings near what will be needed of the node that is likely to be opened next.
template <typename AnyScorer>
void LookAhead(const AnyScorer& scorer, std::span<const uint32_t> links, Scratch& scratch) {
  const uint32_t count = scratch.visited.Fresh<VisitedNodes::Then::kLeave>(links, scratch.ahead);
  for (uint32_t i = 0; i < count; ++i) scorer.Prefetch(scratch.ahead[i]);
}

struct Step {
  float distance;
  uint32_t node;
};

// From the entry point down to level 1, always to the nearest link.
template <typename AnyScorer>
Step Descend(const HnswGraph& graph, const AnyScorer& scorer, Scratch& scratch) {
  Step nearest = {scorer.ScoreOne(graph.entry), graph.entry};
  for (uint32_t level = graph.levels[graph.entry]; level > 0; --level) {
    for (bool moved = true; moved;) {
      moved = false;
      uint32_t count = 0;
      for (uint32_t link : graph.Links(nearest.node, level)) {
        if (link == kNoLink) break;
        scratch.nodes[count++] = link;
      }
      scratch.measured += count;
      scorer.ScoreAt(scratch.nodes, count, scratch.distances);
      for (uint32_t i = 0; i < count; ++i) {
        if (scratch.distances[i] >= nearest.distance) continue;
        nearest = {scratch.distances[i], scratch.nodes[i]};
        moved = true;
      }
    }
  }
  return nearest;
}

void PrefetchLinks(const HnswGraph& graph, uint32_t node) {
  const std::span<const uint32_t> links = graph.Links(node, 0);
  for (size_t i = 0; i < links.size(); i += 16) __builtin_prefetch(links.data() + i);
}

// The walk on the lowest level, from where `start` is. False: it was given up.
template <typename AnyScorer, typename Candidates>
bool WalkBase(const HnswGraph& graph, const AnyScorer& scorer, const SearchOptions& options,
              const Step& start, Scratch& scratch, Candidates& candidates) {
  Prospect prospect(scorer, options);
  const auto reach = [&](float distance, uint32_t node) {
    PrefetchLinks(graph, node);
    prospect.Reached(node, distance);
    bool entered = candidates.Add(distance, node);
    if (graph.next_equal.size() == 0) return;
    // Row ids ascend along a chain: once one does not enter, none behind it does.
    while (entered && (node = graph.next_equal[node]) != kNoLink)
      entered = candidates.AddFollower(distance, node);
  };
  scratch.visited.Visit(start.node);
  reach(start.distance, start.node);
  while (candidates.HasNext()) {
    if (!prospect.Worth()) return false;
    const uint32_t count = Gather(scorer, graph.Links(candidates.Open(), 0), scratch);
    if (candidates.HasNext()) LookAhead(scorer, graph.Links(candidates.Peek(), 0), scratch);
    scratch.measured += count;
    scorer.ScoreAt(scratch.nodes, count, scratch.distances);
    for (uint32_t i = 0; i < count; ++i) {
      if (scratch.distances[i] < candidates.bound()) reach(scratch.distances[i], scratch.nodes[i]);
    }
  }
  return true;
}

}  // namespace

template <typename AnyScorer>
Walked Walk(const HnswGraph& graph, const AnyScorer& scorer, const int64_t* row_ids,
            const SearchOptions& options) {
  if (graph.size() == 0 || options.k == 0) return {};
  thread_local Scratch scratch;
  scratch.visited.Start(graph.size());
  scratch.measured = 1;  // the entry point
  const auto walk = [&](auto& candidates) {
    const Step start = Descend(graph, scorer, scratch);
    const bool ended = WalkBase(graph, scorer, options, start, scratch, candidates);
    return Walked{candidates.Take(options.k, row_ids), !ended};
  };
  const size_t kept = std::max(options.ef, options.k);
  Walked walked;
  if (options.allowed == nullptr && kept <= OrderedCandidates::kMost) {
    scratch.ordered.Start(kept);
    walked = walk(scratch.ordered);
  } else {
    scratch.heaps.Start(kept, options.allowed);
    walked = walk(scratch.heaps);
  }
  if (options.stats != nullptr) {
    options.stats->walked = true;
    options.stats->distances += scratch.measured;
  }
  return walked;
}

template Walked Walk(const HnswGraph&, const Scorer&, const int64_t*, const SearchOptions&);
template Walked Walk(const HnswGraph&, const CodeScorer&, const int64_t*, const SearchOptions&);

}  // namespace semblance::index
