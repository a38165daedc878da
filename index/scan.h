// The exact search: every allowed row of an array is measured.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "index/row_codes.h"
#include "index/scorer.h"
#include "index/segment.h"
#include "index/top_k.h"

namespace semblance::index {

// The options.k nearest of the `size` rows that `scorer` measures, nearest first. row_ids [size],
// in any order; options.allowed: nullptr, or a set of `size` positions; options.bound is heeded by
// distances alone. AnyScorer: Scorer or CodeScorer.
template <typename AnyScorer>
std::vector<Neighbour> Scan(const AnyScorer& scorer, const int64_t* row_ids, uint32_t size,
                            const SearchOptions& options);

// Some arrays of raw rows as one: the search of a collection's newest.
class RowsScan {
 public:
  // `query` is not owned and is checked by Add; of `options` not `allowed`.
  RowsScan(Metric metric, std::span<const float> query, const SearchOptions& options)
      : metric_(metric), query_(query), options_(options), nearest_(options.k, options.bound) {}

  // row_ids [n], vectors [n, query.size()]; allowed: nullptr, or a set of n positions; codes:
  // nullptr, or of these rows. Throws as ScanNearest.
  void Add(std::span<const int64_t> row_ids, std::span<const float> vectors,
           const PositionSet* allowed, const RowCodes* codes);
  // Nearest first.
  std::vector<Neighbour> Take() { return nearest_.Take(); }

 private:
  void AddByCodes(const Scorer& scorer, const RowCodeScorer& codes,
                  std::span<const int64_t> row_ids, const PositionSet* allowed);

  const Metric metric_;
  const std::span<const float> query_;
  const SearchOptions options_;
  TopK nearest_;
};

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
