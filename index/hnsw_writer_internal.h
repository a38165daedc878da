// Adds nodes to a faiss::HNSW: FAISS's levels, layout and choice of links, with a search of our own
// that measures the links of a node together and fetches ahead.
#pragma once

#include <faiss/impl/DistanceComputer.h>
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
  // For faiss::HNSW::shrink_neighbor_list, which measures stored rows only.
  class Pairs final : public faiss::DistanceComputer {
   public:
    explicit Pairs(const RowMeasure& measure) : measure_(measure) {}
    void set_query(const float*) override {}
    float operator()(idx_t) override { return 0; }
    float symmetric_dis(idx_t i, idx_t j) override {
      const uint32_t other = static_cast<uint32_t>(j);
      float distance;
      measure_.Measure(static_cast<uint32_t>(i), &other, 1, &distance);
      return distance;
    }

   private:
    const RowMeasure& measure_;
  };

  // The node's links on a level, into links_; other threads may be writing them.
  size_t ReadLinks(uint32_t node, int level);
  Candidate Nearest(uint32_t node, Candidate from, int level);
  void Search(uint32_t node, Candidate from, int level);  // into pool_
  size_t Offer(float distance, uint32_t node);  // its place in pool_, or pool_'s size
  void Link(uint32_t node, int level);
  void LinkBack(uint32_t node, int level, uint32_t to, float distance);
  void WriteLinks(uint32_t node, int level, const std::vector<faiss::HNSW::NodeDistFarther>& links);
  std::atomic_ref<Node> Slot(size_t i) { return std::atomic_ref<Node>(hnsw_.neighbors[i]); }

  const RowMeasure& measure_;
  faiss::HNSW& hnsw_;
  NodeLocks& locks_;
  Pairs pairs_;
  std::vector<Candidate> pool_;  // ascending; the efConstruction nearest so far
  std::vector<uint8_t> visited_;  // of each node, the number of the search that saw it last
  uint8_t search_ = 0;
  std::vector<uint32_t> links_;
  std::vector<float> distances_;
};

}  // namespace semblance::index
