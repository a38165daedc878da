// Makes one segment of some segments and the tail, and puts it in their place: sealing, merging and
// 'optimize' are all this.
//
// Order of steps, so that a kill between any two loses nothing: build and save the new segment
// under a number nobody reads; write the manifest that names it, with everybody's dead rows, in one
// store transaction; publish in memory; only then remove what is no longer named, and versions
// older than the history kept.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "engine/collection.h"

namespace semblance::engine {

// Writes since the last manifest that are worth a new segment: as many rows are scanned exactly in
// a fraction of a millisecond, and replayed from the log at opening in some tens.
inline constexpr uint64_t kSealWrites = 8192;
// The same while somebody searches, whom the scan of so many rows costs as much as a walk.
inline constexpr uint64_t kSearchedSealWrites = kSealWrites / 4;
// A tail of so many rows, as a bulk load leaves it, is put into a segment without a graph first:
// that takes a moment, and whoever opens the database before the graph is there reads a segment
// instead of a log.
inline constexpr uint64_t kQuickSealRows = 2 * kSealWrites;

struct CompactionPlan {
  // Which go into the new one, beside the whole tail; kSmall: those that still want an index, too.
  enum class Segments { kNone, kSmall, kAll };
  Segments segments = Segments::kNone;
  bool indexed = true;         // otherwise a flat one, whatever the collection's kind
  uint64_t kept_commits = 64;  // rows deleted within these stay visible to older readers
  uint32_t threads = 1;        // of the construction
};

class Compaction {
 public:
  // The caller holds collection->compaction_mu_.
  Compaction(Collection* collection, const CompactionPlan& plan)
      : collection_(*collection), plan_(plan) {}
  // kGivenUp: `cancel` gave true, or the collection was rewound meanwhile; nothing has changed.
  enum class Outcome { kDone, kNothingToDo, kGivenUp };
  Outcome Run(const std::function<bool()>& cancel);

 private:
  // Where a row came from, so that deletions meanwhile reach its new place.
  struct Origin {
    static constexpr uint32_t kTail = UINT32_MAX;
    uint32_t source;    // of merged_; kTail: a tail that began as inputs_'s
    uint32_t position;  // or slot
  };

  bool ChooseInputs();
  void LeaveOutLargest();
  void Gather();
  void GatherRow(int64_t row_id, const Origin& origin, uint64_t deleted);
  void SortRows();
  std::vector<float> GatherVectors() const;
  index::SegmentOptions OptionsOfSegment() const;
  index::EarlierLists Earlier(uint64_t all_rows) const;
  const SegmentEntry* EntryOf(const Origin& origin) const {  // nullptr: the tail
    return origin.source == Origin::kTail ? nullptr : merged_[origin.source].get();
  }
  uint64_t CreatedOf(const Origin& origin) const;  // one of inputs_
  uint64_t FindCommit(int64_t row_id) const;
  std::shared_ptr<const RowCommits> GatherCommits(const index::SegmentOptions& options) const;
  bool Build(index::SegmentOptions options, const std::function<bool()>& cancel);
  bool BuildAndSave(const std::function<bool()>& cancel);
  // False, and nothing is written, when the collection was loaded anew meanwhile.
  bool WriteManifestAndDeadRows();
  void BeginTail(const CollectionState& current);
  void CopyTail(const CollectionState& from, uint32_t first);
  void AddToTail(int64_t row_id, std::span<const float> vector, const Origin& origin,
                 uint64_t created);
  bool StillLoaded();  // with the collection's mu_ held
  void Publish();
  void Clean();
  uint64_t DeletedMark(const CollectionState& state, const Origin& origin) const;
  std::shared_ptr<SegmentEntry> NewEntry() const;
  void MarkDeleted(SegmentEntry* entry) const;

  Collection& collection_;
  const CompactionPlan plan_;

  std::shared_ptr<const CollectionState> inputs_;  // as they were when this began
  uint64_t load_ = 0;                              // Collection::loads_ then
  std::vector<std::shared_ptr<SegmentEntry>> merged_;
  std::vector<Origin> origins_;  // of row_ids_, and so of segment_'s positions
  std::vector<Origin> carried_;  // dead rows that older readers may still see
  std::vector<int64_t> row_ids_;
  uint64_t dropped_deletion_ = 0;  // newest deletion among rows that are dropped for good
  Manifest old_manifest_;
  Manifest manifest_;
  uint64_t number_ = 0;  // of the new segment; 0: no row was left for one
  std::shared_ptr<const index::Segment> segment_;
  std::shared_ptr<CollectionState> next_;      // what is published
  BlockMemory room_;                           // for its tail
  std::vector<Origin> next_origins_;           // of the slots of its tail
  std::shared_ptr<const RowCommits> created_;  // of segment_'s positions
};

}  // namespace semblance::engine
