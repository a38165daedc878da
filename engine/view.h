// A collection as one commit sees it, with a connection's own uncommitted rows laid over it: where
// kNN is answered.
//
// Value type, cheap to copy; keeps what it shows alive. Threads: const methods may run
// concurrently, as long as the overlay is not written meanwhile.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "engine/collection_state.h"
#include "engine/pending_writes.h"
#include "engine/row_filter.h"
#include "engine/search_report.h"
#include "index/segment.h"

namespace semblance::engine {

struct Found {
  int64_t row_id;
  float distance;  // index/metric.h's scale
};

struct ViewSearch {
  uint32_t k = 10;
  uint32_t ef = 64;                   // HNSW's candidates; raised to k when smaller
  uint32_t oversample = 0;            // of quantized segments, for this search; 0: the table's
  uint32_t nprobe = 32;               // IVF's lists
  const RowFilter* filter = nullptr;  // nullptr: every row
  bool exact = false;                 // compare with every row, whatever the segments' kinds
  SearchReport* report = nullptr;     // its parts are added to it, when given
  // Polled some milliseconds apart, when given; true: index::Error kInterrupted is thrown.
  const std::function<bool()>* cancel = nullptr;
};

// A row and where its vector lies.
struct RowPlace {
  int64_t row_id;
  uint32_t part;      // segments, then blocks of newest rows, then kOverlay
  uint32_t position;  // in that part
  static constexpr uint32_t kOverlay = UINT32_MAX;
};

class View {
 public:
  View(std::shared_ptr<const CollectionState> state, uint64_t commit, index::Metric metric,
       std::shared_ptr<const PendingWrites> overlay)
      : state_(std::move(state)), commit_(commit), metric_(metric), overlay_(std::move(overlay)) {}

  // At most k rows, nearest first, ties by row id; fewer when fewer are visible.
  std::vector<Found> Search(std::span<const float> query, const ViewSearch& options) const;

  // How many rows a search can return at most, without a filter.
  uint64_t VisibleCount() const;
  // All row ids that have a vector, ascending.
  std::vector<int64_t> RowIds() const;
  // The same with their places, which are good as long as the view. 16 bytes a row.
  std::vector<RowPlace> Rows() const;
  std::optional<RowPlace> Find(int64_t row_id) const;
  // Of many at once; in any order, and those that are not there are left out.
  std::vector<RowPlace> FindAll(std::span<const int64_t> row_ids) const;
  // vector [dimension], as it was written or at unit length under cosine. False: an uncommitted row
  // that has been taken back since.
  bool CopyVector(const RowPlace& place, std::span<float> vector) const;

  // Keeps something alive as long as the view: the store that a quantized segment reads.
  void Pin(std::shared_ptr<const void> pinned) { pinned_ = std::move(pinned); }

  uint64_t commit() const { return commit_; }
  const CollectionState& state() const { return *state_; }

 private:
  bool Hidden(int64_t row_id) const { return overlay_ && overlay_->Touches(row_id); }
  bool Shown(const SegmentEntry& entry, uint32_t position) const;
  bool Shown(const TailBlock& block, uint32_t slot) const;
  std::optional<RowPlace> FindInSegments(int64_t row_id) const;
  std::vector<const SegmentEntry*> LargestFirst() const;
  void SearchSegment(const SegmentEntry& entry, std::span<const float> query,
                     const ViewSearch& options, index::CentreDistances* centres,
                     std::vector<Found>* found) const;
  std::shared_ptr<const index::PositionSet> Allowed(const SegmentEntry& entry,
                                                    const RowFilter* filter) const;
  // Takes out of `allowed` the slots that are not shown or do not pass; whether none was.
  bool AllowedIn(const TailBlock& block, const RowFilter* filter,
                 index::PositionSet* allowed) const;
  void SearchTail(std::span<const float> query, const ViewSearch& options,
                  std::vector<Found>* found) const;
  void SearchOverlay(std::span<const float> query, const ViewSearch& options,
                     std::vector<Found>* found) const;

  std::shared_ptr<const void> pinned_;  // goes last
  std::shared_ptr<const CollectionState> state_;
  uint64_t commit_;
  index::Metric metric_;
  std::shared_ptr<const PendingWrites> overlay_;
};

}  // namespace semblance::engine
