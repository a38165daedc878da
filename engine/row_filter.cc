#include "engine/row_filter.h"

namespace semblance::engine {
namespace {

// The positions of `segment` whose row ids are in the filter. Both are ascending: a merge, or a
// search for each of few.
index::PositionSet Positions(const index::Segment& segment, const RowFilter& filter) {
  index::PositionSet positions(segment.size(), false);
  const std::vector<int64_t>& wanted = filter.row_ids();
  if (wanted.size() < segment.size() / 16) {
    for (int64_t row_id : wanted) {
      if (const auto position = segment.Find(row_id)) positions.Add(*position);
    }
    return positions;
  }
  size_t w = 0;
  for (uint32_t p = 0; p < segment.size() && w < wanted.size();) {
    const int64_t row_id = segment.row_id(p);
    if (row_id < wanted[w]) {
      ++p;
    } else if (row_id > wanted[w]) {
      ++w;
    } else {
      positions.Add(p++);
      ++w;
    }
  }
  return positions;
}

}  // namespace

std::shared_ptr<const index::PositionSet> RowFilter::PositionsIn(
    const std::shared_ptr<const index::Segment>& segment) const {
  std::lock_guard lock(mu_);
  for (const Found& found : found_) {
    // Compared by owner: a new segment may lie where an old one was.
    if (!found.segment.owner_before(segment) && !segment.owner_before(found.segment))
      return found.positions;
  }
  std::erase_if(found_, [](const Found& found) { return found.segment.expired(); });
  found_.push_back({segment, std::make_shared<index::PositionSet>(Positions(*segment, *this))});
  return found_.back().positions;
}

}  // namespace semblance::engine
