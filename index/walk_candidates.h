// What a walk keeps of the nodes that it has reached: those it will open, nearest first, and the
// nearest that may be given. Two ways: a list that is both, for the usual walk; two heaps, where
// most of what is reached may not be given, or where there is very much.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "index/hnsw_graph.h"
#include "index/row_filter.h"
#include "index/segment.h"
#include "index/top_k.h"

namespace semblance::index {

// The nearest `capacity` nodes in order, each with whether it was opened. A number of 64 bits each:
// from the top, distance, node and that. A node farther than all of them would never be opened.
//
// A walk that keeps 306 and measures 2,959 took 291 us with heaps, and 214 with this, its lookahead
// and without unforeseeable branches.
class OrderedCandidates {
 public:
  static constexpr size_t kMost = 1024;  // beyond, making room in the list costs more than heaps

  // Begins anew; capacity 1 to kMost.
  void Start(size_t capacity) {
    capacity_ = capacity;
    next_ = 0;
    keys_.clear();
    keys_.reserve(kMost);
    as_far_.clear();
  }
  // Nothing that is as far enters.
  float bound() const {
    return full() ? DistanceOf(keys_.back()) : std::numeric_limits<float>::infinity();
  }
  // Room is made by dropping the farthest. False: it is farther than all, or, as far as the
  // farthest, has a higher number.
  bool Add(float distance, uint32_t node) { return Insert(KeyOf(distance, node)); }
  // One that is given but not opened.
  bool AddFollower(float distance, uint32_t node) {
    return Insert(KeyOf(distance, node) | kOpened);
  }
  bool HasNext() const { return next_ < keys_.size() || !as_far_.empty(); }
  // The nearest that was not opened; HasNext().
  uint32_t Peek() const {
    return NodeOf(next_ < keys_.size() ? keys_[next_]
                                       : *std::min_element(as_far_.begin(), as_far_.end()));
  }
  uint32_t Open() {
    const uint32_t node = Peek();
    if (next_ < keys_.size()) {
      keys_[next_] |= kOpened;
      SkipOpened();
    } else {
      as_far_.erase(std::min_element(as_far_.begin(), as_far_.end()));
    }
    return node;
  }
  // The nearest `k`.
  std::vector<Neighbour> Take(size_t k, const int64_t* row_ids) {
    std::vector<Neighbour> nearest(std::min(k, keys_.size()));
    for (size_t i = 0; i < nearest.size(); ++i) {
      const uint32_t node = NodeOf(keys_[i]);
      nearest[i] = {row_ids[node], DistanceOf(keys_[i]), node};
    }
    return nearest;
  }

 private:
  static constexpr uint64_t kOpened = 1;
  static constexpr uint32_t kSign = 0x80000000;
  static_assert(kMaxSegmentSize <= 0x7fffffff, "a node and one bit more are 32 bits");

  // Numbers in the order of the distances; 0 and -0 are one.
  static uint64_t KeyOf(float distance, uint32_t node) {
    const auto bits = std::bit_cast<uint32_t>(distance + 0.0f);
    const uint32_t ordered = (bits & kSign) != 0 ? ~bits : bits | kSign;
    return uint64_t{ordered} << 32 | uint64_t{node} << 1;
  }
  static float DistanceOf(uint64_t key) {
    const auto ordered = static_cast<uint32_t>(key >> 32);
    return std::bit_cast<float>((ordered & kSign) != 0 ? ordered & ~kSign : ~ordered);
  }
  static uint32_t NodeOf(uint64_t key) { return static_cast<uint32_t>(key) >> 1; }

  bool full() const { return keys_.size() == capacity_; }
  // How many are before it; std::lower_bound without branches, which nobody could foresee.
  size_t PlaceOf(uint64_t key) const {
    size_t place = 0;
    for (size_t count = keys_.size(); count > 0;) {
      const size_t half = (count + 1) / 2;
      place += keys_[place + half - 1] < key ? half : 0;
      count -= half;
    }
    return place;
  }
  bool Insert(uint64_t key) {
    uint64_t dropped = kOpened;
    if (full()) {
      if (key >= keys_.back()) return false;
      dropped = keys_.back();
      keys_.pop_back();
    }
    const size_t position = PlaceOf(key);
    keys_.insert(keys_.begin() + static_cast<ptrdiff_t>(position), key);
    if (position < next_) ++next_;
    if (position <= next_ && (key & kOpened) == 0) next_ = position;
    SkipOpened();
    if (full()) KeepAsFar(dropped);
    return true;
  }
  void SkipOpened() {
    while (next_ < keys_.size() && (keys_[next_] & kOpened) != 0) ++next_;
  }
  // What was dropped and is just as far as the farthest is opened, too: where there are few
  // different distances, the way to what is nearer may lead through it.
  void KeepAsFar(uint64_t dropped) {
    const auto far = [](uint64_t key) { return key >> 32; };
    if (!as_far_.empty() && far(as_far_.front()) != far(keys_.back())) as_far_.clear();
    if ((dropped & kOpened) == 0 && far(dropped) == far(keys_.back())) as_far_.push_back(dropped);
  }

  size_t capacity_ = 1;
  size_t next_ = 0;  // the first that was not opened
  std::vector<uint64_t> keys_;
  std::vector<uint64_t> as_far_;  // dropped, not opened
};

// Nodes outside of `allowed` are opened and not given.
class HeapCandidates {
 public:
  void Start(size_t capacity, const PositionSet* allowed) {
    allowed_ = allowed;
    to_open_.clear();
    nearest_ = TopK(capacity);
  }
  float bound() const { return nearest_.bound(); }
  bool Add(float distance, uint32_t node) {
    to_open_.push_back({distance, node});
    std::push_heap(to_open_.begin(), to_open_.end(), Farther);
    return AddFollower(distance, node);
  }
  bool AddFollower(float distance, uint32_t node) {
    // Positions are in the order of the row ids.
    return (allowed_ != nullptr && !allowed_->Contains(node)) ||
           nearest_.Offer({int64_t{node}, distance, node});
  }
  bool HasNext() const { return !to_open_.empty() && to_open_.front().distance <= bound(); }
  uint32_t Peek() const { return to_open_.front().node; }
  uint32_t Open() {
    const uint32_t node = Peek();
    std::pop_heap(to_open_.begin(), to_open_.end(), Farther);
    to_open_.pop_back();
    return node;
  }
  std::vector<Neighbour> Take(size_t k, const int64_t* row_ids) {
    std::vector<Neighbour> nearest = nearest_.Take();
    if (nearest.size() > k) nearest.resize(k);
    for (Neighbour& neighbour : nearest) neighbour.row_id = row_ids[neighbour.position];
    return nearest;
  }

 private:
  struct Candidate {
    float distance;
    uint32_t node;
  };
  static bool Farther(const Candidate& a, const Candidate& b) {
    return a.distance != b.distance ? a.distance > b.distance : a.node > b.node;
  }

  const PositionSet* allowed_ = nullptr;
  std::vector<Candidate> to_open_;  // a heap with the nearest on top
  TopK nearest_{1};
};

}  // namespace semblance::index
