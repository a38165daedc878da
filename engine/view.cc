#include "engine/view.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "index/scan.h"

namespace semblance::engine {
namespace {

bool Nearer(const Found& a, const Found& b) {
  return a.distance != b.distance ? a.distance < b.distance : a.row_id < b.row_id;
}

void Append(const std::vector<index::Neighbour>& neighbours, std::vector<Found>* found) {
  for (const index::Neighbour& n : neighbours) found->push_back({n.row_id, n.distance});
}

// The distance of the k-th nearest; infinite as long as there are fewer.
float BoundOf(const std::vector<Found>& found, size_t k) {
  if (found.size() < k) return std::numeric_limits<float>::infinity();
  std::vector<float> distances;
  distances.reserve(found.size());
  for (const Found& row : found) distances.push_back(row.distance);
  const auto kth = distances.begin() + static_cast<ptrdiff_t>(k - 1);
  std::nth_element(distances.begin(), kth, distances.end());
  return *kth;
}

}  // namespace

std::shared_ptr<const index::PositionSet> View::Allowed(const SegmentEntry& entry,
                                                        const RowFilter* filter) const {
  std::shared_ptr<const index::PositionSet> visible = entry.VisiblePositions(commit_);
  const bool overlaid = overlay_ && !overlay_->empty();
  const index::Segment& segment = entry.segment();
  const auto filtered = filter ? filter->PositionsIn(entry.shared_segment()) : nullptr;
  if (!overlaid && !(filtered && visible)) return filtered ? filtered : visible;
  auto allowed = std::make_shared<index::PositionSet>(
      filtered ? *filtered : index::PositionSet(segment.size()));
  if (visible) allowed->Intersect(*visible);
  if (overlaid) {
    overlay_->ForEach([&](int64_t row_id, std::span<const float>) {
      if (const auto position = segment.Find(row_id)) allowed->Remove(*position);
    });
  }
  return allowed;
}

bool View::AllowedIn(const TailBlock& block, const RowFilter* filter,
                     index::PositionSet* allowed) const {
  bool all = true;
  for (uint32_t s = 0; s < allowed->size(); ++s) {
    if (Shown(block, s) && (filter == nullptr || filter->Contains(block.row_ids[s]))) continue;
    allowed->Remove(s);
    all = false;
  }
  return all;
}

void View::SearchTail(std::span<const float> query, const ViewSearch& options,
                      std::vector<Found>* found) const {
  constexpr size_t kBlocksPerPoll = 16;  // of a megabyte each, or less
  PartReport report;
  report.part = PartReport::Part::kNewest;
  index::SearchOptions nearest;
  nearest.k = options.k;
  nearest.bound = BoundOf(*found, options.k);
  if (options.report != nullptr) nearest.stats = &report.stats;
  index::RowsScan scan(metric_, query, nearest);
  bool made = false;  // one block's a search, so that none waits for many
  for (size_t b = 0; b < state_->tail.size(); ++b) {
    if (options.cancel != nullptr && b % kBlocksPerPoll == kBlocksPerPoll - 1 &&
        (*options.cancel)())
      throw index::Error(index::ErrorKind::kInterrupted, "interrupted");
    const TailBlock& block = *state_->tail[b];
    const uint32_t count = state_->SlotsIn(b);
    index::PositionSet allowed(count);
    const bool all = AllowedIn(block, options.filter, &allowed);
    auto codes = block.codes();
    if (!codes && count == block.capacity && !made) {
      made = block.MakeCodes(metric_);
      codes = block.codes();
    }
    report.rows += count;
    report.allowed += all ? count : allowed.Count();
    scan.Add({block.row_ids.data(), count},
             {block.vectors.data(), static_cast<size_t>(count) * block.dimension},
             all ? nullptr : &allowed, codes.get());
  }
  const auto rows = scan.Take();
  Append(rows, found);
  report.found = rows.size();
  if (options.report != nullptr && report.rows > 0) options.report->parts.push_back(report);
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
  PartReport report;
  report.part = PartReport::Part::kUncommitted;
  index::SearchOptions scan;
  scan.k = options.k;
  scan.bound = BoundOf(*found, options.k);
  scan.allowed = &allowed;
  scan.cancel = options.cancel;
  if (options.report != nullptr) scan.stats = &report.stats;
  const auto nearest =
      index::ScanNearest(metric_, query, overlay_->slot_row_ids(), overlay_->slot_vectors(), scan);
  Append(nearest, found);
  if (options.report == nullptr) return;
  report.rows = overlay_->size();
  report.allowed = allowed.Count();
  report.found = nearest.size();
  options.report->parts.push_back(report);
}

void View::SearchSegment(const SegmentEntry& entry, std::span<const float> query,
                         const ViewSearch& options, index::CentreDistances* centres,
                         std::vector<Found>* found) const {
  const index::Segment& segment = entry.segment();
  const auto allowed = Allowed(entry, options.filter);
  PartReport report;
  index::SearchOptions search;
  search.k = options.k;
  search.ef = std::max(options.ef, options.k);
  search.oversample = options.oversample;
  search.nprobe = options.nprobe;
  search.allowed = allowed.get();
  search.exact = options.exact;
  search.bound = BoundOf(*found, options.k);
  search.centre_distances = centres;
  search.cancel = options.cancel;
  if (options.report != nullptr) search.stats = &report.stats;
  const std::vector<index::Neighbour> nearest = segment.Search(query, search);
  Append(nearest, found);
  if (options.report != nullptr) {
    report.segment = entry.number();
    report.kind = segment.kind();
    report.quantization = segment.quantization();
    report.rows = segment.size();
    report.allowed = allowed ? allowed->Count() : segment.size();
    report.found = nearest.size();
    options.report->parts.push_back(report);
  }
}

// Where most of the nearest are is searched first, which bounds the rest.
std::vector<const SegmentEntry*> View::LargestFirst() const {
  std::vector<const SegmentEntry*> entries;
  for (const auto& entry : state_->segments) entries.push_back(entry.get());
  std::stable_sort(entries.begin(), entries.end(), [](const auto* a, const auto* b) {
    return a->segment().size() > b->segment().size();
  });
  return entries;
}

std::vector<Found> View::Search(std::span<const float> query, const ViewSearch& options) const {
  std::vector<Found> found;
  if (options.k == 0) return found;
  index::CentreDistances centres;
  for (const SegmentEntry* entry : LargestFirst())
    SearchSegment(*entry, query, options, &centres, &found);
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

}  // namespace semblance::engine
