// What a collection holds in memory at one moment: segments, and the newest rows that no segment
// has yet.
//
// A CollectionState is immutable once published, and replaced as a whole; readers keep the one they
// started with. Two things in it change underneath, both safely for a reader at commit N: a row's
// `deleted` mark goes from 0 to a commit number greater than every N that can see the state
// (atomics), and slots of a tail block beyond the published count are filled. A row is visible at N
// when created <= N and (deleted == 0 or deleted > N).
#pragma once

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "engine/row_commits.h"
#include "index/big_array.h"
#include "index/row_codes.h"
#include "index/row_filter.h"
#include "index/segment.h"

namespace semblance::engine {

inline bool VisibleAt(uint64_t created, uint64_t deleted, uint64_t commit) {
  return created <= commit && (deleted == 0 || deleted > commit);
}

// Marks of when rows ceased to be, one a row; 0 means alive.
class DeletionMarks {
 public:
  explicit DeletionMarks(uint32_t size);
  uint64_t Get(uint32_t i) const {
    return std::atomic_ref(marks_[i]).load(std::memory_order_acquire);
  }
  void Set(uint32_t i, uint64_t commit) {
    std::atomic_ref(marks_[i]).store(commit, std::memory_order_release);
  }

 private:
  struct Free {
    void operator()(uint64_t* marks) const { std::free(marks); }
  };
  // From calloc: of many rows it takes no memory before the first mark of a page.
  std::unique_ptr<uint64_t[], Free> marks_;
};

// Room for the vectors of blocks, which all take as much. What several blocks take that a large
// commit will fill is one area, in huge pages: touching new memory page by page can take longer
// than all else of a commit. It is let go with the last of them. Threads: one at a time.
class BlockMemory {
 public:
  // Of a block; unspecified content.
  std::shared_ptr<float> Take(size_t numbers);
  // So many blocks will be taken next.
  void Expect(size_t blocks, size_t numbers);

 private:
  std::shared_ptr<index::BigArray<float>> area_;  // what is left of it is taken first
  size_t taken_ = 0;
};

// A fixed number of slots for the newest rows; vectors are raw, row-major [capacity, dimension].
struct TailBlock {
  TailBlock(uint32_t slots, uint32_t vector_dimension, BlockMemory* room)
      : capacity(slots),
        dimension(vector_dimension),
        row_ids(slots),
        created(slots),
        deleted(slots),
        memory(room->Take(size_t{slots} * vector_dimension)),
        vectors(memory.get(), size_t{slots} * vector_dimension) {}

  std::span<const float> vector(uint32_t slot) const {
    return {vectors.data() + static_cast<size_t>(slot) * dimension, dimension};
  }
  // Codes of a block that is full; nullptr until somebody has made them.
  std::shared_ptr<const index::RowCodes> codes() const {
    std::lock_guard lock(mu_);
    return codes_;
  }
  // Makes them, once, which takes a millisecond or two. Whoever promised to make them does.
  void PromiseCodes() const { begun_ = true; }
  // False when somebody has begun already.
  bool MakeCodes(index::Metric metric) const {
    if (begun_.exchange(true)) return false;
    KeepPromise(metric);
    return true;
  }
  void KeepPromise(index::Metric metric) const;

  const uint32_t capacity;
  const uint32_t dimension;
  std::vector<int64_t> row_ids;
  std::vector<uint64_t> created;
  DeletionMarks deleted;
  const std::shared_ptr<float> memory;
  const std::span<float> vectors;  // of slots that nobody has filled, unspecified

 private:
  mutable std::atomic<bool> begun_{false};
  mutable std::mutex mu_;
  mutable std::shared_ptr<const index::RowCodes> codes_;  // guarded by mu_
};

// A segment with the marks of its rows.
class SegmentEntry {
 public:
  // `created` [size] is nullptr when every row is older than any reader.
  SegmentEntry(uint64_t number, std::shared_ptr<const index::Segment> segment,
               std::shared_ptr<const RowCommits> created);
  // The same segment with the same marks, also those that either of both will get; its vectors, if
  // it is quantized, come from that source.
  std::shared_ptr<SegmentEntry> WithVectors(const index::Rescoring& rescoring) const;

  uint64_t number() const { return number_; }
  const index::Segment& segment() const { return *segment_; }
  const std::shared_ptr<const index::Segment>& shared_segment() const { return segment_; }
  uint64_t created(uint32_t position) const { return created_ ? (*created_)[position] : 0; }
  const std::shared_ptr<const RowCommits>& shared_created() const { return created_; }
  uint64_t deleted(uint32_t position) const { return marks_->deleted.Get(position); }
  uint32_t dead_count() const;

  // Marks rows as deleted. One caller at a time.
  void MarkDeleted(std::span<const uint32_t> positions, uint64_t commit);

  // The positions visible at `commit`; nullptr when all are.
  std::shared_ptr<const index::PositionSet> VisiblePositions(uint64_t commit) const;
  // The positions alive now, whatever the commit; what is stored as the segment's dead rows is its
  // complement.
  index::PositionSet Alive() const;

 private:
  struct Marks {
    explicit Marks(uint32_t size) : deleted(size) {}
    DeletionMarks deleted;
    std::mutex mu;
    std::shared_ptr<const index::PositionSet> alive;  // guarded by mu; nullptr: all
    uint64_t last_deletion = 0;                       // guarded by mu
    uint32_t dead_count = 0;                          // guarded by mu
  };
  SegmentEntry(const SegmentEntry& other, std::shared_ptr<const index::Segment> segment);

  // Constant after construction
  const uint64_t number_;
  const std::shared_ptr<const index::Segment> segment_;
  const std::shared_ptr<const RowCommits> created_;
  uint64_t newest_created_ = 0;
  const std::shared_ptr<Marks> marks_;
};

struct CollectionState {
  uint64_t last_commit = 0;
  uint64_t horizon =
      0;  // readers at a commit below this may miss rows deleted since, and are refused
  std::vector<std::shared_ptr<SegmentEntry>> segments;
  std::vector<std::shared_ptr<TailBlock>> tail;  // all full but the last
  uint32_t tail_count = 0;

  bool ReadsStore() const;  // a search does, for vectors of quantized segments
  bool HasLists() const;    // of a segment of kind IVF
  uint32_t SlotsIn(size_t block) const;
  uint64_t AliveCount() const;  // rows alive now
};

}  // namespace semblance::engine
