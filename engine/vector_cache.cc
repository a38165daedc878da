#include "engine/vector_cache.h"

#include <algorithm>

namespace semblance::engine {

VectorCache::VectorCache(uint32_t dimension)
    : dimension_(dimension),
      count_(std::clamp<size_t>(kBytes / (dimension * sizeof(float) * kPlaces), 1, kMostSets)) {}

void VectorCache::Make() {
  sets_.resize(count_);
  vectors_ = index::BigArray<float>(count_ * kPlaces * dimension_);
  made_.store(true, std::memory_order_release);
}

size_t VectorCache::SetOf(int64_t row_id, uint64_t commit) const {
  // The multiplier of a linear congruential generator (P. L'Ecuyer, 1999): row ids come in order.
  const uint64_t mixed = (static_cast<uint64_t>(row_id) ^ commit << 40) * 0xd1342543de82ef95u;
  return (mixed >> 32) % count_;
}

bool VectorCache::Find(int64_t row_id, uint64_t commit, float* out) {
  if (!made_.load(std::memory_order_acquire)) return false;
  const size_t s = SetOf(row_id, commit);
  const std::lock_guard lock(locks_[s % kLocks]);
  for (size_t p = 0; p < kPlaces; ++p) {
    Place& place = sets_[s].places[p];
    if (place.row_id != row_id || place.commit != commit) continue;
    place.recent = true;
    std::copy_n(Vector(s, p), dimension_, out);
    return true;
  }
  return false;
}

void VectorCache::Keep(int64_t row_id, uint64_t commit, const float* vector) {
  std::call_once(once_, [this] { Make(); });
  const size_t s = SetOf(row_id, commit);
  const std::lock_guard lock(locks_[s % kLocks]);
  Set& set = sets_[s];
  for (const Place& place : set.places) {
    if (place.row_id == row_id && place.commit == commit) return;  // somebody else was quicker
  }
  while (set.places[set.hand].recent) {
    set.places[set.hand].recent = false;
    set.hand = (set.hand + 1) % kPlaces;
  }
  set.places[set.hand] = {row_id, commit, false};
  std::copy_n(vector, dimension_, Vector(s, set.hand));
  set.hand = (set.hand + 1) % kPlaces;
}

}  // namespace semblance::engine
