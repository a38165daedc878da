// The rows of a view without a search: which there are, and their vectors.
#include <algorithm>
#include <unordered_set>

#include "engine/view.h"

namespace semblance::engine {

bool View::Shown(const SegmentEntry& entry, uint32_t position) const {
  return VisibleAt(entry.created(position), entry.deleted(position), commit_) &&
         !Hidden(entry.segment().row_id(position));
}

bool View::Shown(const TailBlock& block, uint32_t slot) const {
  return VisibleAt(block.created[slot], block.deleted.Get(slot), commit_) &&
         !Hidden(block.row_ids[slot]);
}

std::vector<RowPlace> View::Rows() const {
  std::vector<RowPlace> rows;
  uint32_t part = 0;
  for (const auto& entry : state_->segments) {
    for (uint32_t p = 0; p < entry->segment().size(); ++p) {
      if (Shown(*entry, p)) rows.push_back({entry->segment().row_id(p), part, p});
    }
    ++part;
  }
  for (size_t b = 0; b < state_->tail.size(); ++b, ++part) {
    const TailBlock& block = *state_->tail[b];
    for (uint32_t s = 0; s < state_->SlotsIn(b); ++s) {
      if (Shown(block, s)) rows.push_back({block.row_ids[s], part, s});
    }
  }
  if (overlay_) {
    overlay_->ForEach([&](int64_t row_id, std::span<const float> vector) {
      if (!vector.empty()) rows.push_back({row_id, RowPlace::kOverlay, 0});
    });
  }
  std::sort(rows.begin(), rows.end(),
            [](const RowPlace& a, const RowPlace& b) { return a.row_id < b.row_id; });
  return rows;
}

std::vector<int64_t> View::RowIds() const {
  std::vector<int64_t> row_ids;
  for (const RowPlace& row : Rows()) row_ids.push_back(row.row_id);
  return row_ids;
}

std::optional<RowPlace> View::Find(int64_t row_id) const {
  const auto found = FindAll({&row_id, 1});
  if (found.empty()) return std::nullopt;
  return found.front();
}

std::vector<RowPlace> View::FindAll(std::span<const int64_t> row_ids) const {
  std::vector<RowPlace> found;
  std::unordered_set<int64_t> newest;  // that no segment has
  for (const int64_t row_id : row_ids) {
    if (Hidden(row_id)) {
      if (overlay_->Find(row_id)) found.push_back({row_id, RowPlace::kOverlay, 0});
    } else if (const auto place = FindInSegments(row_id)) {
      found.push_back(*place);
    } else {
      newest.insert(row_id);
    }
  }
  auto part = static_cast<uint32_t>(state_->segments.size());
  for (size_t b = 0; b < state_->tail.size() && !newest.empty(); ++b, ++part) {
    const TailBlock& block = *state_->tail[b];
    for (uint32_t s = 0; s < state_->SlotsIn(b); ++s) {
      if (newest.contains(block.row_ids[s]) && Shown(block, s))
        found.push_back({block.row_ids[s], part, s});
    }
  }
  return found;
}

std::optional<RowPlace> View::FindInSegments(int64_t row_id) const {
  uint32_t part = 0;
  for (const auto& entry : state_->segments) {
    const auto position = entry->segment().Find(row_id);
    if (position && Shown(*entry, *position)) return RowPlace{row_id, part, *position};
    ++part;
  }
  return std::nullopt;
}

bool View::CopyVector(const RowPlace& place, std::span<float> vector) const {
  if (place.part == RowPlace::kOverlay) {
    const auto pending = overlay_->Find(place.row_id);
    if (!pending) return false;
    std::copy(pending->begin(), pending->end(), vector.begin());
    return true;
  }
  if (place.part < state_->segments.size()) {
    state_->segments[place.part]->segment().CopyVector(place.position, vector.data());
    return true;
  }
  const auto written =
      state_->tail[place.part - state_->segments.size()]->vector(place.position);
  std::copy(written.begin(), written.end(), vector.begin());
  return true;
}

}  // namespace semblance::engine
