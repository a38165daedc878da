// A set of row ids that a search may return.
//
// Threads: const methods may run concurrently.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "index/row_filter.h"
#include "index/segment.h"

namespace semblance::engine {

class RowFilter {
 public:
  explicit RowFilter(std::vector<int64_t> row_ids) : row_ids_(std::move(row_ids)) {
    std::sort(row_ids_.begin(), row_ids_.end());
    row_ids_.erase(std::unique(row_ids_.begin(), row_ids_.end()), row_ids_.end());
  }
  bool Contains(int64_t row_id) const {
    return std::binary_search(row_ids_.begin(), row_ids_.end(), row_id);
  }
  const std::vector<int64_t>& row_ids() const { return row_ids_; }  // ascending, distinct

  // Where its rows are in a segment. Found once, and kept for the next search as long as the
  // segment is there.
  std::shared_ptr<const index::PositionSet> PositionsIn(
      const std::shared_ptr<const index::Segment>& segment) const;

 private:
  struct Found {
    std::weak_ptr<const index::Segment> segment;
    std::shared_ptr<const index::PositionSet> positions;
  };

  std::vector<int64_t> row_ids_;
  mutable std::mutex mu_;
  mutable std::vector<Found> found_;  // guarded by mu_
};

}  // namespace semblance::engine
