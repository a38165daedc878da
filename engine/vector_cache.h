// The vectors that searches measured last, so that what is often among the nearest is not read from
// the store, checked and decoded each time.
//
// Threads: any.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <vector>

#include "index/big_array.h"

namespace semblance::engine {

class VectorCache {
 public:
  static constexpr size_t kBytes = 4u << 20;  // of vectors; none before the first is kept

  explicit VectorCache(uint32_t dimension);

  // The vector [dimension] of the row's version that `commit` wrote; false when it is not here.
  bool Find(int64_t row_id, uint64_t commit, float* out);
  // A version never changes; its commit is not 0.
  void Keep(int64_t row_id, uint64_t commit, const float* vector);

 private:
  // A row lies in one of the places of its set.
  static constexpr size_t kPlaces = 8;
  static constexpr size_t kMostSets = 2048;
  static constexpr size_t kLocks = 16;

  struct Place {
    int64_t row_id = 0;
    uint64_t commit = 0;  // 0: nothing is here
    bool recent = false;  // used since the hand passed
  };
  struct Set {
    std::array<Place, kPlaces> places;
    size_t hand = 0;  // looks next for a place that was not used
  };

  void Make();
  size_t SetOf(int64_t row_id, uint64_t commit) const;
  float* Vector(size_t set, size_t place) {
    return vectors_.data() + (set * kPlaces + place) * dimension_;
  }

  const size_t dimension_;
  const size_t count_;  // of sets
  std::once_flag once_;
  std::atomic<bool> made_{false};         // what follows is there
  std::array<std::mutex, kLocks> locks_;  // of set s: s % kLocks
  std::vector<Set> sets_;                 // [count_]; guarded by locks_, and so is what follows
  index::BigArray<float> vectors_;        // [count_, kPlaces, dimension]
};

}  // namespace semblance::engine
