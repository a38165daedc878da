// The exact search: every allowed row of an array is measured.
#pragma once

#include <cstdint>
#include <vector>

#include "index/scorer.h"
#include "index/segment.h"

namespace semblance::index {

// The options.k nearest of the `size` rows that `scorer` measures, nearest first. row_ids [size],
// in any order; options.allowed: nullptr, or a set of `size` positions. AnyScorer: Scorer or
// CodeScorer.
template <typename AnyScorer>
std::vector<Neighbour> Scan(const AnyScorer& scorer, const int64_t* row_ids, uint32_t size,
                            const SearchOptions& options);

// Throws kInterrupted when options.cancel says so.
void CheckCancel(const SearchOptions& options);

// Rows measured before their distances are looked at: enough to keep the kernel and the prefetching
// busy.
inline constexpr uint32_t kScanBlock = 256;

// Says when it is time to poll options.cancel.
class Poll {
 public:
  explicit Poll(const SearchOptions& options) : options_(options) {}
  void Block() {  // of kScanBlock rows, or fewer
    if (options_.cancel != nullptr && ++blocks_ % kBlocksPerPoll == 0) CheckCancel(options_);
  }

 private:
  // Half a millisecond of 384 dimensions, ten of the most.
  static constexpr uint32_t kBlocksPerPoll = 32;
  const SearchOptions& options_;
  uint32_t blocks_ = 0;
};

// Throws kInvalid unless `allowed` is nullptr or a set of `size` positions.
void CheckAllowed(const PositionSet* allowed, uint32_t size);

}  // namespace semblance::index
