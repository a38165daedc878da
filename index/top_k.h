// The k nearest of a stream of neighbours.
#pragma once

#include <algorithm>
#include <cstddef>
#include <limits>
#include <utility>
#include <vector>

#include "index/segment.h"

namespace semblance::index {

// A heap of at most `capacity` neighbours (at least one) with the farthest on top. None farther
// than `bound` enters.
class TopK {
 public:
  explicit TopK(size_t capacity, float bound = std::numeric_limits<float>::infinity())
      : capacity_(std::max<size_t>(capacity, 1)), bound_(bound) {
    heap_.reserve(std::min<size_t>(capacity_, 1024));  // a k of millions may find few rows
  }

  bool full() const { return heap_.size() == capacity_; }
  // Nothing farther than this can still enter.
  float bound() const { return full() ? std::min(bound_, heap_.front().distance) : bound_; }

  // Whether it entered.
  bool Offer(const Neighbour& neighbour) {
    if (neighbour.distance > bound_) return false;
    if (full()) {
      if (!Nearer(neighbour, heap_.front())) return false;
      std::pop_heap(heap_.begin(), heap_.end(), Nearer);
      heap_.pop_back();
    }
    heap_.push_back(neighbour);
    std::push_heap(heap_.begin(), heap_.end(), Nearer);
    return true;
  }

  // Nearest first; leaves the heap empty.
  std::vector<Neighbour> Take() {
    std::sort_heap(heap_.begin(), heap_.end(), Nearer);
    return std::exchange(heap_, {});
  }

 private:
  size_t capacity_;
  float bound_;
  std::vector<Neighbour> heap_;
};

}  // namespace semblance::index
