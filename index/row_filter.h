// Which positions of a segment a search may return.
#pragma once

#include <cstdint>
#include <vector>

namespace semblance::index {

// One bit a position; default all set.
class PositionSet {
 public:
  explicit PositionSet(uint32_t size, bool all = true)
      : size_(size), words_((size + 63) / 64, all ? ~uint64_t{0} : 0) {
    if (all && size % 64 != 0) words_.back() = (uint64_t{1} << (size % 64)) - 1;
  }
  uint32_t size() const { return size_; }
  bool Contains(uint32_t position) const { return words_[position >> 6] >> (position & 63) & 1; }
  void Add(uint32_t position) { words_[position >> 6] |= uint64_t{1} << (position & 63); }
  void Remove(uint32_t position) { words_[position >> 6] &= ~(uint64_t{1} << (position & 63)); }
  uint32_t Count() const {
    uint32_t count = 0;
    for (uint64_t word : words_) count += static_cast<uint32_t>(__builtin_popcountll(word));
    return count;
  }
  const std::vector<uint64_t>& words() const { return words_; }
  // Keeps only what is in both; sizes must be equal.
  void Intersect(const PositionSet& other) {
    for (size_t i = 0; i < words_.size(); ++i) words_[i] &= other.words_[i];
  }

 private:
  uint32_t size_;
  std::vector<uint64_t> words_;
};

}  // namespace semblance::index
