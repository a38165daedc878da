// Adds nodes to a faiss::HNSW: FAISS's levels and layout and, link for link, its choice, by a
// search of our own that measures the links of a node together and fetches ahead.
#pragma once

#include <faiss/impl/HNSW.h>

#include <atomic>
#include <cstdint>
#include <mutex>
#include <vector>

#include "index/row_measure.h"

namespace semblance::index {

// Locks of the nodes' lists, fewer than nodes; nobody holds two.
class NodeLocks {
 public:
  std::mutex& Of(uint32_t node) { return locks_[node % kCount]; }

 private:
  static constexpr size_t kCount = 4096;
  std::vector<std::mutex> locks_{kCount};
};

// One thread's hand; several may write to the same graph at once.
class HnswWriter {
 public:
  // The first node must be in it already (its level and its being the entry point). None of these
  // is owned.
  HnswWriter(const RowMeasure& measure, faiss::HNSW& hnsw, NodeLocks& locks);
  // `level` counts from 0.
  void Add(uint32_t node, int level);

 private:
  using Node = faiss::HNSW::storage_idx_t;
  struct Candidate {
    float distance;
    uint32_t node;
    bool opened;
  };
  // A list of links, into links_; other threads may be writing it.
  size_t ReadLinks(size_t begin, size_t end);
  size_t Begin(uint32_t node, int level) const {
    return hnsw_.offsets[node] + static_cast<size_t>(hnsw_.cum_nneighbor_per_level[level]);
  }
  size_t Most(int level) const { return level == 0 ? most_on_base_ : most_above_; }
  Candidate Nearest(uint32_t node, Candidate from, int level);
  void Search(uint32_t node, Candidate from, int level);  // into pool_
  size_t Offer(float distance, uint32_t node);            // its place in pool_, or pool_'s size
  // Of candidates, ascending, those to be linked, into chosen_: at most `most`, each nearer to the
  // node than to any chosen before it.
  void Choose(const std::vector<Candidate>& candidates, size_t most);
  bool IsCovered(const Candidate& candidate);
  void Link(uint32_t node, int level);
  void LinkBack(uint32_t node, int level, uint32_t to, float distance);
  void WriteLinks(size_t begin, size_t end);  // chosen_
  std::atomic_ref<Node> Slot(size_t i) { return std::atomic_ref<Node>(hnsw_.neighbors[i]); }

  const RowMeasure& measure_;
  faiss::HNSW& hnsw_;
  NodeLocks& locks_;
  const size_t most_on_base_, most_above_;  // links of a list
  std::vector<Candidate> pool_;             // ascending; the efConstruction nearest so far
  std::vector<uint8_t> visited_;  // of each node, the number of the search that saw it last
  uint8_t search_ = 0;
  std::vector<Candidate> around_;  // of LinkBack
  std::vector<uint32_t> chosen_;
  std::vector<float> chosen_distances_;
  std::vector<uint32_t> links_;
  std::vector<float> distances_;
};

}  // namespace semblance::index
