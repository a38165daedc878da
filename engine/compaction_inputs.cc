// Which rows a compaction puts together.
#include <algorithm>
#include <map>
#include <mutex>
#include <numeric>

#include "engine/compaction.h"

namespace semblance::engine {
namespace {

// Segments are tiered by size, each tier four times the one below; a tier with four segments is
// merged into one, with everything smaller.
constexpr int kTier = 4;

int LevelOf(uint32_t size) {
  int level = 0;
  for (uint64_t bound = kSealWrites * kTier / 2; size > bound; bound *= kTier) ++level;
  return level;
}

// Whether a tier of such segments would be too large for one.
bool IsLast(const SegmentEntry& entry, uint32_t largest) {
  return entry.segment().size() > largest / kTier;
}

// The highest tier that is due to be merged; -1 when none is.
int MergeLevel(const CollectionState& state, uint32_t largest) {
  std::map<int, int> segments_of;
  for (const auto& entry : state.segments) {
    if (!IsLast(*entry, largest)) ++segments_of[LevelOf(entry->segment().size())];
  }
  ++segments_of[0];  // the tail
  int due = -1;
  for (const auto& [level, count] : segments_of) {
    if (count >= kTier) due = level;
  }
  return due;
}

}  // namespace

bool Compaction::ChooseInputs() {
  std::lock_guard lock(collection_.mu_);
  collection_.EnsureLoaded();
  inputs_ = collection_.state_;
  load_ = collection_.loads_;
  const uint32_t largest = collection_.options_.max_segment_rows;
  const int up_to = MergeLevel(*inputs_, largest);
  for (const auto& entry : inputs_->segments) {
    const bool small = (LevelOf(entry->segment().size()) <= up_to && !IsLast(*entry, largest)) ||
                       entry->dead_count() > entry->segment().size() / 2 ||
                       collection_.WantsIndex(*entry);
    if (plan_.segments == CompactionPlan::Segments::kAll ||
        (plan_.segments == CompactionPlan::Segments::kSmall && small)) {
      merged_.push_back(entry);
    }
  }
  LeaveOutLargest();
  const bool already_one =
      merged_.size() == 1 && merged_[0]->dead_count() == 0 && !collection_.WantsIndex(*merged_[0]);
  // A tail of nothing but deletions of older rows still deserves a manifest that shows them.
  return inputs_->tail_count > 0 || (!merged_.empty() && !already_one) ||
         collection_.writes_since_manifest_ > 0;
}

// Until the rest fits into one segment.
void Compaction::LeaveOutLargest() {
  uint64_t rows = inputs_->tail_count;
  for (const auto& entry : merged_) rows += entry->segment().size();
  while (rows > collection_.options_.max_segment_rows && !merged_.empty()) {
    const auto largest = std::max_element(
        merged_.begin(), merged_.end(),
        [](const auto& a, const auto& b) { return a->segment().size() < b->segment().size(); });
    rows -= (*largest)->segment().size();
    merged_.erase(largest);
  }
}

void Compaction::GatherRow(int64_t row_id, const Origin& origin, uint64_t deleted) {
  if (deleted == 0) {
    row_ids_.push_back(row_id);
    origins_.push_back(origin);
  } else if (deleted + plan_.kept_commits > inputs_->last_commit) {
    carried_.push_back(origin);
  } else {
    dropped_deletion_ = std::max(dropped_deletion_, deleted);
  }
}

void Compaction::Gather() {
  for (uint32_t source = 0; source < merged_.size(); ++source) {
    const SegmentEntry& entry = *merged_[source];
    for (uint32_t p = 0; p < entry.segment().size(); ++p)
      GatherRow(entry.segment().row_id(p), {source, p}, entry.deleted(p));
  }
  uint32_t slot = 0;
  for (size_t b = 0; b < inputs_->tail.size(); ++b) {
    const TailBlock& block = *inputs_->tail[b];
    for (uint32_t s = 0; s < inputs_->SlotsIn(b); ++s, ++slot)
      GatherRow(block.row_ids[s], {Origin::kTail, slot}, block.deleted.Get(s));
  }
}

// Into the order of row ids, which is that of a segment's positions.
void Compaction::SortRows() {
  if (std::is_sorted(row_ids_.begin(), row_ids_.end())) return;
  std::vector<uint32_t> order(row_ids_.size());
  std::iota(order.begin(), order.end(), 0u);
  std::sort(order.begin(), order.end(),
            [&](uint32_t a, uint32_t b) { return row_ids_[a] < row_ids_[b]; });
  std::vector<int64_t> row_ids;
  std::vector<Origin> origins;
  row_ids.reserve(order.size());
  origins.reserve(order.size());
  for (uint32_t i : order) {
    row_ids.push_back(row_ids_[i]);
    origins.push_back(origins_[i]);
  }
  row_ids_ = std::move(row_ids);
  origins_ = std::move(origins);
}

}  // namespace semblance::engine
