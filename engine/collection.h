// The vectors of one virtual table: durable in the store, searchable in memory.
//
// A collection is known by a random id that SQLite's shadow table names together with a commit
// number; a table that is re-embedded gets a new collection, and the swap is one UPDATE in SQLite.
// Commit numbers grow with each write transaction of this collection, from 1, mostly by one; none
// is given twice. SQLite serialises writers, so at most one commit is on its way at a time.
//
// The two-store commit (README, "Design"), seen from here:
//   BeginWrite(N)    SQLite's write lock is held and its shadow table says N: what a killed
//                    process left prepared is settled, commits that SQLite lost are undone;
//                    gives the number of the next commit
//   Prepare          in xSync: that commit is durable in the store, and visible to nobody
//   CommitPrepared   in xCommit: visible; cannot fail for the caller
//   RollbackPrepared in xRollback
//
// Threads: every method may be called from any thread. Errors: engine::Error, storage::Error.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/collection_state.h"
#include "engine/load_poll.h"
#include "engine/manifest.h"
#include "engine/pace.h"
#include "engine/pending_writes.h"
#include "engine/undone_commits.h"
#include "engine/vector_cache.h"
#include "engine/view.h"
#include "storage/store.h"

namespace semblance::engine {

class Indexer;

struct CollectionOptions {
  index::Metric metric = index::Metric::kCosine;
  uint32_t dimension = 0;
  // Of segments large enough to have a graph or lists; see index_choice.h.
  index::Kind kind = index::Kind::kHnsw;
  bool automatic = false;     // flat, kind (a graph) or lists, by size
  uint64_t memory_limit = 0;  // bytes that a graph may take when automatic; 0: MemoryLimit says
  uint32_t lists = 0;         // index::SegmentOptions
  uint32_t hnsw_m = 16;
  uint32_t ef_construction = 100;
  index::Quantization quantization = index::Quantization::kNone;
  uint32_t oversample = 4;  // index::Rescoring
  uint64_t max_rows = uint64_t{1} << 40;
  uint32_t max_segment_rows = index::kMaxSegmentSize;  // and of those that are in none yet
  uint64_t max_unsealed = Pace::kMostUnsealed;         // bytes of a load in no segment
};

struct PreparedCommit {
  uint64_t commit = 0;
  std::unique_ptr<storage::Transaction> transaction;
  uint64_t stamp = 0;  // LastCommit's; of one that was found at open, unknown
};

struct CollectionStats {
  uint64_t rows = 0;       // alive
  uint64_t dead_rows = 0;  // still in segments
  uint64_t tail_rows = 0;  // scanned exactly, dead ones included
  std::vector<uint64_t> segment_sizes;
  uint64_t last_commit = 0;
  uint64_t memory_bytes = 0;     // of segments and tail
  uint64_t loaded_segments = 0;  // read from the store by this object
};

struct Predecessor;  // predecessor.h

class Collection : public std::enable_shared_from_this<Collection> {
 public:
  // `prepared`: commits of this collection that the store found prepared when it was opened.
  Collection(uint64_t id, const CollectionOptions& options, std::shared_ptr<storage::Store> store,
             Indexer* indexer, std::vector<PreparedCommit> prepared);
  ~Collection();  // what is still prepared stays so in the store

  // What another object for this collection has left. Before anything else is called.
  void ComeAfter(std::unique_ptr<Predecessor> predecessor);
  // Gives the next one what is in memory; nullptr when that cannot be gone on from. Nobody may
  // write by this object any more, and this is called once; who reads by it may go on.
  std::unique_ptr<Predecessor> LeaveToNext();

  uint64_t id() const { return id_; }
  const CollectionOptions& options() const { return options_; }
  bool read_only() const { return store_->read_only(); }

  // What a reader whose SQLite snapshot says `commit` sees. Waits while that very commit is between
  // SQLite's commit and ours. kSnapshotTooOld below the horizon; kCorruption when the store is
  // behind SQLite. `cancel`, when given, is polled while the collection is loaded, by the first
  // call: true throws kInterrupted, and the next call loads it.
  View ViewAt(uint64_t commit, std::shared_ptr<const PendingWrites> overlay,
              const std::function<bool()>& cancel = {});
  // A row's committed vector. `cancel` here and below as in ViewAt.
  std::optional<std::vector<float>> VectorAt(int64_t row_id, uint64_t commit,
                                             const std::function<bool()>& cancel = {});

  // For engine/pace.h: somebody searches; and how long who has committed shall stand back.
  void NoteSearch();
  Pace::Clock::time_point NextWrite();

  // Gives the number of the commit that the writes will become. kOutOfStep when the store does not
  // have `commit`, or has undone it.
  uint64_t BeginWrite(uint64_t commit, const std::function<bool()>& cancel = {});
  // Replaces a commit prepared before (SQLite's COMMIT may be tried again after SQLITE_BUSY).
  // `writes` is flushed. kTooBig when there would be more than max_rows, or than max_segment_rows
  // in no segment.
  void Prepare(std::shared_ptr<const PendingWrites> writes, uint64_t commit, bool sync);
  void CommitPrepared() noexcept;
  void RollbackPrepared() noexcept;

  // Fills a collection that no table names yet: commit 1, in batches, without the two phases.
  class Loader {
   public:
    // `cancel`, when given, is polled by what takes long: true throws kInterrupted.
    explicit Loader(Collection* collection, std::function<bool()> cancel = {})
        : collection_(collection), cancel_(std::move(cancel)) {}
    void Add(int64_t row_id, std::span<const float> vector);
    void Finish();  // everything added is durable and visible at commit 1

   private:
    void WriteBatch();
    void Show();
    void MakeRoom();
    Collection* const collection_;
    const std::function<bool()> cancel_;
    bool sealed_ = false;  // some of it, so all of it must be before anybody opens the collection
    PendingWrites batch_{collection_->options_.dimension};
  };

  // Puts everything into one segment, or as many as it takes, and drops dead rows; readers older
  // than this are refused from then on. kInterrupted when `cancel`, which is polled, gives true;
  // nothing is changed then.
  void Optimize(const std::function<bool()>& cancel);
  // What the background thread does: seals a long tail, merges small segments. True when something
  // was done. A very long tail is sealed, without a graph, even when `cancel` gives true.
  bool Maintain(const std::function<bool()>& cancel);

  // Differences between what the store holds, what is searched and the table's `rows` (ascending
  // ids) at `commit`; empty when there are none.
  enum class Expect { kVectorEach, kVectorAtMost };  // of a row
  std::vector<std::string> Check(uint64_t commit, const std::vector<int64_t>& rows, Expect expect,
                                 const std::function<bool()>& cancel = {});
  CollectionStats Stats();
  // What is in memory; nullptr when nothing was loaded yet.
  std::shared_ptr<const CollectionState> LoadedState();

 private:
  friend class Compaction;
  struct Position;
  struct Lifetime {
    uint64_t created;
    uint64_t deleted = 0;  // the commit that replaced or removed it; 0: none has
  };

  // These without mu_.
  // Puts all that is in no segment into one: lists at once, a graph later.
  void SealLoaded(const std::function<bool()>& cancel);
  // What a reader at `commit` may take at once, or nullptr.
  std::shared_ptr<const CollectionState> Readable(uint64_t commit) const;
  uint64_t NewestStamp();

  // All of these with mu_ held.
  // Puts a state in the place of the one before, for readers, too.
  void Show(std::shared_ptr<const CollectionState> state);
  void Unload();  // the next to ask loads it
  bool Gone() const;
  [[noreturn]] static void ThrowGone();
  void CheckRoom(const std::shared_ptr<const PendingWrites>& writes);
  uint64_t RowsAtMost() const;  // dead ones included
  uint64_t LivingRows() const;
  index::Kind KindFor(const SegmentEntry& entry) const;  // of a segment of its living rows
  [[noreturn]] void ThrowTooBig() const;
  void CheckSealable(uint64_t more) const;
  void NoteUndone(uint64_t after, uint64_t up_to);
  void BeginAgain();
  void CheckNotUndone(uint64_t commit) const;
  void EnsureLoaded(const std::function<bool()>& cancel = {});
  void Load(const std::optional<Manifest>& manifest, const LoadPoll& poll, CollectionState* state);
  // Drops a predecessor that nothing can be taken from.
  void CheckPredecessor(const LastCommit& last_commit);
  // Whether the store's newest commit came after that one, or is it.
  bool HasInItsPast(const Predecessor& predecessor, const LastCommit& last_commit) const;
  // Whether the predecessor has all that the manifest says, and the log the rest.
  bool CanGoOn(const std::optional<Manifest>& manifest) const;
  void GoOn(const LoadPoll& poll, CollectionState* state);
  // The segment, when the predecessor has it, without marks; or nullptr.
  std::shared_ptr<SegmentEntry> KnownSegment(uint64_t number) const;
  void LoadSegments(const Manifest& manifest, const LoadPoll& poll, CollectionState* state);
  std::shared_ptr<SegmentEntry> LoadSegment(uint64_t number, const LoadPoll& poll);
  void ReplayLog(uint64_t after, const LoadPoll& poll, CollectionState* state);
  void LoadAllRows(uint64_t kept_from, const LoadPoll& poll, CollectionState* state);
  void Settle(uint64_t commit, bool roll_back_newer);
  void WaitFor(std::unique_lock<std::mutex>& lock, uint64_t commit);
  uint64_t Backlog() const;  // rows that have no index yet, and will
  void WaitAndRewind(std::unique_lock<std::mutex>& lock, uint64_t commit);
  void Rewind(uint64_t commit);
  // Blocks of the tail whose codes the caller has promised, and makes without mu_.
  using Blocks = std::vector<std::shared_ptr<const TailBlock>>;
  Blocks Publish(const PendingWrites& writes, uint64_t commit);
  Blocks FinishCommit() noexcept;
  Blocks PromiseCodes(const CollectionState& before, const CollectionState& after) const;
  void MarkOldVersion(int64_t row_id, uint64_t commit, CollectionState* state,
                      std::unordered_map<SegmentEntry*, std::vector<uint32_t>>* dead);
  // Room for so many rows more in this state's tail.
  BlockMemory RoomInTail(size_t rows, const CollectionState& state) const;
  // The row's slot; `room` for a block, when it needs another one.
  uint32_t AppendToTail(int64_t row_id, std::span<const float> vector, Lifetime lifetime,
                        CollectionState* state, BlockMemory* room) const;
  void NoteNewest(int64_t row_id, uint32_t slot) { tail_index_[row_id] = slot; }
  void ScheduleMaintenance(std::chrono::milliseconds delay = {});
  bool NeedsMaintenance() const;
  // Whether it is flat only because there was no time, or had fewer rows.
  bool WantsIndex(const SegmentEntry& entry) const;
  uint32_t BlockCapacity() const;
  // In the store, about: so many of the writes have a vector.
  size_t BytesOf(size_t writes, size_t vectors) const;
  // Of the rows in no segment, and of segments that take more memory than lists of them will.
  uint64_t UnsealedBytes() const;
  // Whether what is in no segment takes less memory in one.
  bool SealingGivesRoom() const;
  // For a quantized segment whose rows these commits wrote.
  index::Rescoring RescoringBy(std::shared_ptr<const RowCommits> created) const;

  // Constant after construction
  const uint64_t id_;
  const CollectionOptions options_;
  const std::shared_ptr<storage::Store> store_;
  Indexer* const indexer_;

  std::mutex compaction_mu_;  // one Optimize, Maintain or Rewind at a time; taken before mu_
  std::atomic<bool> rewinding_{false};  // who compacts shall give it up

  // What readers take without mu_, which is held as long as the store takes for a commit: state_,
  // unless something must be settled, or was undone.
  mutable std::mutex readable_mu_;                   // taken last
  std::shared_ptr<const CollectionState> readable_;  // guarded by it

  std::mutex mu_;
  std::condition_variable settled_;
  Pace pace_;
  std::shared_ptr<VectorCache> vector_cache_;  // of quantized segments
  bool loaded_ = false;
  uint64_t loads_ = 0;  // how often it was; slots and entries are of one load
  uint64_t stamp_ = 0;  // of the newest commit
  uint64_t loaded_segments_ = 0;
  std::unique_ptr<Predecessor> predecessor_;  // until it is loaded
  std::shared_ptr<const CollectionState> state_;
  UndoneCommits undone_;
  std::unordered_map<int64_t, uint32_t> tail_index_;  // alive rows of the tail -> slot
  uint64_t writes_since_manifest_ = 0;                // log entries that a reopening would replay
  std::vector<PreparedCommit> recovered_;             // found at open, not settled yet
  PreparedCommit in_flight_;                          // between Prepare and CommitPrepared
  std::shared_ptr<const PendingWrites> in_flight_writes_;
  std::string load_note_;  // what was wrong with the stored segments, when they could not be used
  std::string broken_;     // why this collection takes no more writes until it is reopened
};

}  // namespace semblance::engine
