#include "engine/view.h"

#include <algorithm>

namespace semblance::engine {
namespace {

bool Nearer(const Found& a, const Found& b) {
  return a.distance != b.distance ? a.distance < b.distance : a.row_id < b.row_id;
}

void Append(const std::vector<index::Neighbour>& neighbours, std::vector<Found>* found) {
  for (const index::Neighbour& n : neighbours) found->push_back({n.row_id, n.distance});
}

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

std::shared_ptr<const index::PositionSet> View::Allowed(const SegmentEntry& entry,
                                                        const RowFilter* filter) const {
  std::shared_ptr<const index::PositionSet> visible = entry.VisiblePositions(commit_);
  const bool overlaid = overlay_ && !overlay_->empty();
  if (filter == nullptr && !overlaid) return visible;
  const index::Segment& segment = entry.segment();
  auto allowed = std::make_shared<index::PositionSet>(filter ? Positions(segment, *filter)
                                                             : index::PositionSet(segment.size()));
  if (visible) allowed->Intersect(*visible);
  if (overlaid) {
    overlay_->ForEach([&](int64_t row_id, std::span<const float>) {
      if (const auto position = segment.Find(row_id)) allowed->Remove(*position);
    });
  }
  return allowed;
}

void View::SearchTail(std::span<const float> query, const ViewSearch& options,
                      std::vector<Found>* found) const {
  index::SearchOptions scan;
  scan.k = options.k;
  for (size_t b = 0; b < state_->tail.size(); ++b) {
    const TailBlock& block = *state_->tail[b];
    const uint32_t count = state_->SlotsIn(b);
    index::PositionSet allowed(count, false);
    for (uint32_t s = 0; s < count; ++s) {
      const int64_t row_id = block.row_ids[s];
      if (VisibleAt(block.created[s], block.deleted.Get(s), commit_) && !Hidden(row_id) &&
          (options.filter == nullptr || options.filter->Contains(row_id))) {
        allowed.Add(s);
      }
    }
    scan.allowed = &allowed;
    Append(index::ScanNearest(metric_, query, {block.row_ids.data(), count},
                              {block.vectors.data(), static_cast<size_t>(count) * block.dimension},
                              scan),
           found);
  }
}

void View::SearchOverlay(std::span<const float> query, const ViewSearch& options,
                         std::vector<Found>* found) const {
  index::PositionSet allowed = overlay_->LiveSlots();
  if (options.filter) {
    for (uint32_t s = 0; s < allowed.size(); ++s) {
      if (allowed.Contains(s) && !options.filter->Contains(overlay_->slot_row_ids()[s]))
        allowed.Remove(s);
    }
  }
  index::SearchOptions scan;
  scan.k = options.k;
  scan.allowed = &allowed;
  Append(
      index::ScanNearest(metric_, query, overlay_->slot_row_ids(), overlay_->slot_vectors(), scan),
      found);
}

std::vector<Found> View::Search(std::span<const float> query, const ViewSearch& options) const {
  std::vector<Found> found;
  if (options.k == 0) return found;
  for (const auto& entry : state_->segments) {
    const auto allowed = Allowed(*entry, options.filter);
    index::SearchOptions search;
    search.k = options.k;
    search.ef = std::max(options.ef, options.k);
    search.allowed = allowed.get();
    search.exact = options.exact;
    Append(entry->segment().Search(query, search), &found);
  }
  SearchTail(query, options, &found);
  if (overlay_ && !overlay_->empty()) SearchOverlay(query, options, &found);
  const size_t kept = std::min<size_t>(options.k, found.size());
  std::partial_sort(found.begin(), found.begin() + static_cast<ptrdiff_t>(kept), found.end(),
                    Nearer);
  found.resize(kept);
  return found;
}

uint64_t View::VisibleCount() const {
  uint64_t count = overlay_ ? overlay_->size() : 0;
  for (const auto& entry : state_->segments) count += entry->segment().size();
  return count + state_->tail_count;
}

std::vector<int64_t> View::RowIds() const {
  std::vector<int64_t> row_ids;
  for (const auto& entry : state_->segments) {
    const index::Segment& segment = entry->segment();
    for (uint32_t p = 0; p < segment.size(); ++p) {
      const int64_t row_id = segment.row_id(p);
      if (VisibleAt(entry->created(p), entry->deleted(p), commit_) && !Hidden(row_id))
        row_ids.push_back(row_id);
    }
  }
  for (size_t b = 0; b < state_->tail.size(); ++b) {
    const TailBlock& block = *state_->tail[b];
    for (uint32_t s = 0; s < state_->SlotsIn(b); ++s) {
      if (VisibleAt(block.created[s], block.deleted.Get(s), commit_) && !Hidden(block.row_ids[s])) {
        row_ids.push_back(block.row_ids[s]);
      }
    }
  }
  if (overlay_) {
    overlay_->ForEach([&](int64_t row_id, std::span<const float> vector) {
      if (!vector.empty()) row_ids.push_back(row_id);
    });
  }
  std::sort(row_ids.begin(), row_ids.end());
  return row_ids;
}

}  // namespace semblance::engine
