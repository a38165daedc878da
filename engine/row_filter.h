// A set of row ids that a search may return.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

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

 private:
  std::vector<int64_t> row_ids_;
};

}  // namespace semblance::engine
