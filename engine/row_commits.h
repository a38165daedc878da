// The commits that wrote the rows of a segment, by position.
//
// Rows that follow each other mostly came with one commit, so runs of them are kept, unless a
// number for each row takes less.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace semblance::engine {

class RowCommits {
 public:
  // One after the other, and then Finish.
  void Add(uint64_t commit);
  void Finish();

  uint32_t size() const { return size_; }
  uint64_t newest() const { return newest_; }
  uint64_t operator[](uint32_t position) const;  // position < size()
  size_t bytes() const {
    return firsts_.size() * sizeof(uint32_t) + commits_.size() * sizeof(uint64_t);
  }

  // What SegmentKey(…, 'c') holds. A number for each row: u64 [size], as they lie in memory; or
  // runs: the byte 1, u32 the size, and for each run u32 its first position and u64 its commit,
  // which is an odd number of bytes.
  std::string Encode() const;
  static RowCommits Decode(std::string_view value);  // throws kCorruption

 private:
  uint32_t size_ = 0;
  uint64_t newest_ = 0;
  std::vector<uint32_t> firsts_;   // of each run, ascending from 0; empty: commits_ has each row
  std::vector<uint64_t> commits_;  // of each run, or row
};

}  // namespace semblance::engine
