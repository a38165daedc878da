#include "index/hnsw_walk.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include "index/codes.h"
#include "index/top_k.h"

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
  // True the first time.
  bool Visit(uint32_t node) {
    if (marks_[node] == walk_) return false;
    marks_[node] = walk_;
    return true;
  }

 private:
  std::vector<uint8_t> marks_;
  uint8_t walk_ = 0;
};

struct Candidate {
  float distance;
  uint32_t node;
};
// For heaps with the nearest on top.
bool Farther(const Candidate& a, const Candidate& b) {
  return a.distance != b.distance ? a.distance > b.distance : a.node > b.node;
}

// Kept from walk to walk by each thread.
struct Scratch {
  VisitedNodes visited;
  std::vector<Candidate> frontier;
  uint64_t measured = 0;  // by this walk
  uint32_t nodes[2 * kMaxHnswM];
  float distances[2 * kMaxHnswM];
};

// Whether a walk is worth its candidates, where somebody else has found rows. It is not when the
// nearest that it has met is surely farther than those, and has been the nearest for as many opened
// nodes as half of the candidates that it keeps: walks that are still on their way come nearer with
// nearly every node.
template <typename AnyScorer>
class Prospect {
 public:
  Prospect(const AnyScorer& scorer, const SearchOptions& options)
      : scorer_(scorer),
        bound_(options.bound),
        patience_(std::max(std::max(options.ef, options.k) / 2, kLeastPatience)),
        good_(bound_ == std::numeric_limits<float>::infinity()) {}

  void Reached(uint32_t node, float distance) {
    if (good_ || distance >= nearest_) return;
    nearest_ = distance;
    opened_since_ = 0;
    good_ = scorer_.Least(node, distance) <= bound_;
  }
  // Of one more node whose links are to be looked at.
  bool Worth() { return good_ || opened_since_++ < patience_; }

 private:
  static constexpr uint32_t kLeastPatience = 32;

  const AnyScorer& scorer_;
  const float bound_;
  const uint32_t patience_;
  bool good_;
  uint32_t opened_since_ = 0;  // it met the nearest
  float nearest_ = std::numeric_limits<float>::infinity();
};

// The unvisited links of a node, into scratch.nodes; their vectors are on the way to the cache.
template <typename AnyScorer>
uint32_t Gather(const AnyScorer& scorer, std::span<const uint32_t> links, Scratch& scratch) {
  constexpr uint32_t kPrefetched = 4;  // the kernel fetches the later ones while it computes
  uint32_t count = 0;
  for (uint32_t link : links) {
    if (link == kNoLink) break;
    if (!scratch.visited.Visit(link)) continue;
    if (count < kPrefetched) scorer.Prefetch(link);
    scratch.nodes[count++] = link;
  }
  return count;
}

// From the entry point down to level 1, always to the nearest link.
template <typename AnyScorer>
Candidate Descend(const HnswGraph& graph, const AnyScorer& scorer, Scratch& scratch) {
  Candidate nearest = {scorer.ScoreOne(graph.entry), graph.entry};
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

void OfferWithFollowers(const HnswGraph& graph, float distance, uint32_t node,
                        const int64_t* row_ids, const PositionSet* allowed, TopK& nearest) {
  for (;;) {
    if (allowed == nullptr || allowed->Contains(node)) {
      // Row ids ascend along a chain: once one does not enter, none behind it does.
      if (!nearest.Offer({row_ids[node], distance, node})) return;
    }
    if (graph.next_equal.size() == 0) return;
    node = graph.next_equal[node];
    if (node == kNoLink) return;
  }
}

}  // namespace

template <typename AnyScorer>
Walked Walk(const HnswGraph& graph, const AnyScorer& scorer, const int64_t* row_ids,
            const SearchOptions& options) {
  if (graph.size() == 0 || options.k == 0) return {};
  thread_local Scratch scratch;
  scratch.visited.Start(graph.size());
  scratch.measured = 1;  // the entry point
  std::vector<Candidate>& frontier = scratch.frontier;
  frontier.clear();
  TopK nearest(std::max(options.ef, options.k));
  Prospect prospect(scorer, options);

  const auto reach = [&](float distance, uint32_t node) {
    frontier.push_back({distance, node});
    std::push_heap(frontier.begin(), frontier.end(), Farther);
    prospect.Reached(node, distance);
    OfferWithFollowers(graph, distance, node, row_ids, options.allowed, nearest);
  };
  const Candidate start = Descend(graph, scorer, scratch);
  scratch.visited.Visit(start.node);
  reach(start.distance, start.node);
  bool worth = true;
  while (!frontier.empty() && frontier.front().distance <= nearest.bound()) {
    worth = prospect.Worth();
    if (!worth) break;
    const uint32_t node = frontier.front().node;
    std::pop_heap(frontier.begin(), frontier.end(), Farther);
    frontier.pop_back();
    if (!frontier.empty()) __builtin_prefetch(graph.Links(frontier.front().node, 0).data());
    const uint32_t count = Gather(scorer, graph.Links(node, 0), scratch);
    scratch.measured += count;
    scorer.ScoreAt(scratch.nodes, count, scratch.distances);
    for (uint32_t i = 0; i < count; ++i) {
      if (scratch.distances[i] < nearest.bound()) reach(scratch.distances[i], scratch.nodes[i]);
    }
  }
  if (options.stats != nullptr) {
    options.stats->walked = true;
    options.stats->distances += scratch.measured;
  }
  std::vector<Neighbour> found = nearest.Take();
  if (found.size() > options.k) found.resize(options.k);
  return {std::move(found), !worth};
}

template Walked Walk(const HnswGraph&, const Scorer&, const int64_t*, const SearchOptions&);
template Walked Walk(const HnswGraph&, const CodeScorer&, const int64_t*, const SearchOptions&);

}  // namespace semblance::index
