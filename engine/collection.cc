#include "engine/collection.h"

#include <algorithm>
#include <chrono>
#include <thread>

#include "engine/compaction.h"
#include "engine/crash_point.h"
#include "engine/error.h"
#include "engine/families.h"
#include "engine/index_choice.h"
#include "engine/indexer.h"
#include "engine/predecessor.h"
#include "engine/row_codec.h"
#include "storage/keys.h"

namespace semblance::engine {
Collection::Collection(uint64_t id, const CollectionOptions& options,
                       std::shared_ptr<storage::Store> store, Indexer* indexer,
                       std::vector<PreparedCommit> prepared)
    : id_(id),
      options_(options),
      store_(std::move(store)),
      indexer_(indexer),
      vector_cache_(std::make_shared<VectorCache>(options.dimension)),
      recovered_(std::move(prepared)) {}

Collection::~Collection() {
  for (PreparedCommit& prepared : recovered_) prepared.transaction->Abandon();
  if (in_flight_.transaction) in_flight_.transaction->Abandon();
}

// A commit that a killed process left prepared counts when SQLite has its number. A reader whose
// snapshot is older cannot tell, so it leaves a newer one alone; a writer sees SQLite's newest
// state and settles it.
void Collection::Settle(uint64_t commit, bool roll_back_newer) {
  for (auto it = recovered_.begin(); it != recovered_.end();) {
    if (it->commit > commit && !roll_back_newer) {
      ++it;
      continue;
    }
    if (it->commit <= commit) {
      if (store_->read_only()) {
        throw Error(ErrorKind::kReadOnly,
                    "commit " + std::to_string(it->commit) +
                        " is not finished in the store, which is only read here: who made it was "
                        "killed, or is at it; open the database once where it can be written");
      }
      it->transaction->Commit(true);
      Unload();  // read again, with this commit
    } else {
      // SQLite may have had it, in a file that an older copy has taken the place of.
      NoteUndone(it->commit - 1, it->commit);
      it->transaction->Rollback();
    }
    it = recovered_.erase(it);
  }
}

void Collection::NoteUndone(uint64_t after, uint64_t up_to) {
  undone_ = UndoneCommits::Read(*store_, id_);
  undone_.Add(after, up_to);
  auto transaction = store_->Begin();
  undone_.Write(*transaction, id_);
  transaction->Commit(true);
}

Pace::Clock::time_point Collection::NextWrite() {
  const auto now = Pace::Clock::now();
  const std::lock_guard lock(mu_);
  return indexer_ == nullptr ? now : pace_.NextWrite(UnsealedBytes(), now);
}

// Rows that only older readers still see stay in the tail for a while, and are not counted: sealing
// does not remove them.
uint64_t Collection::UnsealedBytes() const {
  uint64_t bytes = uint64_t{tail_index_.size()} * options_.dimension * sizeof(float);
  for (const auto& entry : state_->segments) {
    const index::Segment& segment = entry->segment();
    if (WantsIndex(*entry) && segment.quantization() != QuantizationOf(options_, KindFor(*entry)))
      bytes += segment.memory_bytes();
  }
  return bytes;
}

bool Collection::SealingGivesRoom() const {
  const index::Kind kind = ChooseKind(options_, state_->tail_count, RowsAtMost());
  return QuantizationOf(options_, kind) != index::Quantization::kNone;
}

// An older copy of the database file names a collection that was removed again, from its beginning.
void Collection::BeginAgain() {
  undone_ = UndoneCommits::Read(*store_, id_);
  const auto newest = store_->Get(kMeta, GoneKey(id_));
  if (newest && !newest->empty()) {
    std::string_view rest = *newest;
    undone_.Add(0, storage::TakeU64(&rest));
  }
  RemoveCollection(store_.get(), id_);
  auto transaction = store_->Begin();
  transaction->Delete(kMeta, GoneKey(id_));
  undone_.Write(*transaction, id_);
  transaction->Commit(true);
}

uint64_t Collection::BeginWrite(uint64_t commit, const std::function<bool()>& cancel) {
  std::unique_lock lock(mu_);
  WaitFor(lock, commit);
  if (!broken_.empty()) throw Error(ErrorKind::kIo, broken_);
  Settle(commit, true);
  if (Gone()) {
    if (commit > 0) ThrowGone();
    BeginAgain();
  }
  EnsureLoaded(cancel);
  CheckNotUndone(commit);
  if (commit > state_->last_commit) {
    throw OutOfStep("the store is behind the database file (commit " +
                    std::to_string(state_->last_commit) + " of " + std::to_string(commit) + ")");
  }
  if (commit < state_->last_commit) WaitAndRewind(lock, commit);
  return std::max(commit, undone_.highest()) + 1;
}

void Collection::ThrowTooBig() const {
  throw Error(ErrorKind::kTooBig, "a column to search by holds vectors of " +
                                      std::to_string(options_.max_rows) +
                                      " rows at most, and this would be more");
}

// What is in no segment yet must fit into one.
void Collection::CheckSealable(uint64_t more) const {
  if (state_->tail_count + more <= options_.max_segment_rows) return;
  throw Error(ErrorKind::kTooBig,
              "more than " + std::to_string(options_.max_segment_rows) +
                  " rows would wait to be put into the index: commit fewer at once, and let it "
                  "catch up");
}

uint64_t Collection::RowsAtMost() const {
  uint64_t rows = state_->tail_count;
  for (const auto& entry : state_->segments) rows += entry->segment().size();
  return rows;
}

uint64_t Collection::LivingRows() const {
  uint64_t rows = tail_index_.size();
  for (const auto& entry : state_->segments) rows += entry->segment().size() - entry->dead_count();
  return rows;
}

void Collection::CheckRoom(const std::shared_ptr<const PendingWrites>& writes) {
  std::lock_guard lock(mu_);
  EnsureLoaded();
  CheckSealable(writes->size());
  if (writes->size() + RowsAtMost() <= options_.max_rows) return;
  if (View(state_, state_->last_commit, options_.metric, writes).RowIds().size() >
      options_.max_rows) {
    ThrowTooBig();
  }
}

// A row and its place in the log: two keys, two checksums, and what RocksDB puts around them.
size_t Collection::BytesOf(size_t writes, size_t vectors) const {
  constexpr size_t kAround = 128;
  return writes * kAround + vectors * options_.dimension * sizeof(float);
}

uint64_t Collection::NewestStamp() {
  std::lock_guard lock(mu_);
  return stamp_;
}

void Collection::Prepare(std::shared_ptr<const PendingWrites> writes, uint64_t commit, bool sync) {
  RollbackPrepared();
  CheckRoom(writes);
  CrashPoint("commit:before-prepare");
  size_t vectors = 0;
  writes->ForEach([&](int64_t, std::span<const float> vector) { vectors += !vector.empty(); });
  auto transaction = store_->BeginBulk(BytesOf(writes->size(), vectors));
  const uint64_t stamp = NewStamp();
  const std::string before = EncodeStamp(NewestStamp());
  std::string value;
  writes->ForEach([&](int64_t row_id, std::span<const float> vector) {
    EncodeRowInto(vector, &value);
    transaction->Put(kRows, RowKey(id_, row_id, commit), value);
    transaction->Put(kLog, LogKey(id_, commit, row_id), before);
  });
  WriteLastCommit(*transaction, id_, {commit, stamp});
  transaction->Prepare(Hex(id_) + "/" + std::to_string(commit), sync);
  CrashPoint("commit:prepared");
  std::lock_guard lock(mu_);
  in_flight_ = {commit, std::move(transaction), stamp};
  in_flight_writes_ = std::move(writes);
}

void Collection::CommitPrepared() noexcept {
  Blocks filled;
  {
    std::lock_guard lock(mu_);
    if (in_flight_.transaction) filled = FinishCommit();
  }
  try {
    for (const auto& block : filled) block->KeepPromise(options_.metric);
  } catch (const std::bad_alloc&) {
    // They are scanned by their vectors.
  }
}

Collection::Blocks Collection::FinishCommit() noexcept {
  Blocks filled;
  try {
    CrashPoint("commit:in-sqlite");
    try {
      in_flight_.transaction->Commit(false);
      CrashPoint("commit:committed");
    } catch (const std::exception& error) {
      // It is durable as a prepared commit, and SQLite has its number: the next opening commits it.
      broken_ = std::string("the store failed while committing (") + error.what() +
                "); close every connection to this database and open it again";
      in_flight_.transaction->Abandon();
    }
    stamp_ = in_flight_.stamp;
    filled = Publish(*in_flight_writes_, in_flight_.commit);
    CrashPoint("commit:published");
  } catch (const std::exception& error) {
    broken_ = std::string("a commit could not be shown (") + error.what() +
              "); close every connection to this database and open it again";
    Unload();
  }
  in_flight_ = {};
  in_flight_writes_.reset();
  settled_.notify_all();
  return filled;
}

void Collection::RollbackPrepared() noexcept {
  std::lock_guard lock(mu_);
  if (!in_flight_.transaction) return;
  try {
    in_flight_.transaction->Rollback();
  } catch (const std::exception& error) {
    broken_ = std::string("the store failed while rolling back (") + error.what() +
              "); close every connection to this database and open it again";
  }
  in_flight_ = {};
  in_flight_writes_.reset();
  settled_.notify_all();
}

// A segment that is being made has rows that are to be undone.
void Collection::WaitAndRewind(std::unique_lock<std::mutex>& lock, uint64_t commit) {
  lock.unlock();
  rewinding_ = true;
  const std::lock_guard compaction(compaction_mu_);
  rewinding_ = false;
  lock.lock();
  EnsureLoaded();
  if (commit < state_->last_commit) Rewind(commit);
}

// SQLite lost its newest commits (power loss with synchronous=NORMAL, an older copy put back): the
// store follows it. The numbers are not given again: another process may remember what they were.
void Collection::Rewind(uint64_t commit) {
  Manifest manifest = ReadManifest(*store_, id_).value_or(Manifest{});
  if (commit < manifest.kept_from) {
    throw OutOfStep("the database file is at commit " + std::to_string(commit) +
                    ", older than the history kept in its store (from commit " +
                    std::to_string(manifest.kept_from) + " on)");
  }
  const uint64_t last_commit = state_->last_commit;
  Unload();
  auto transaction = store_->Begin();
  for (auto cursor = store_->Scan(kLog, CollectionPrefix(id_)); cursor->Valid(); cursor->Next()) {
    const LogEntry entry = ParseLogKey(cursor->Key());
    if (entry.commit <= commit) continue;
    transaction->Delete(kRows, RowKey(id_, entry.row_id, entry.commit));
    transaction->Delete(kLog, std::string(cursor->Key()));
  }
  if (commit < manifest.as_of) transaction->Delete(kMeta, ManifestKey(id_));
  UndoneCommits undone = undone_;
  undone.Add(commit, last_commit);
  undone.Write(*transaction, id_);
  WriteLastCommit(*transaction, id_, {commit, NewStamp()});
  transaction->Commit(true);
  if (commit < manifest.as_of) store_->DeletePrefix(kSegments, CollectionPrefix(id_));
  EnsureLoaded();
}

uint32_t Collection::BlockCapacity() const {
  constexpr uint32_t kBlockBytes = 1 << 20;
  return std::clamp<uint32_t>(kBlockBytes / (4 * options_.dimension), 16, 4096);
}

BlockMemory Collection::RoomInTail(size_t rows, const CollectionState& state) const {
  const size_t capacity = BlockCapacity();
  const size_t blocks = (state.tail_count + rows + capacity - 1) / capacity;
  BlockMemory room;
  room.Expect(blocks - state.tail.size(), capacity * options_.dimension);
  return room;
}

uint32_t Collection::AppendToTail(int64_t row_id, std::span<const float> vector, Lifetime lifetime,
                                  CollectionState* state, BlockMemory* room) const {
  const uint32_t capacity = BlockCapacity();
  const uint32_t slot = state->tail_count % capacity;
  if (slot == 0) {
    state->tail.push_back(std::make_shared<TailBlock>(capacity, options_.dimension, room));
  }
  TailBlock& block = *state->tail.back();
  block.row_ids[slot] = row_id;
  block.created[slot] = lifetime.created;
  block.deleted.Set(slot, lifetime.deleted);
  std::copy(vector.begin(), vector.end(),
            block.vectors.data() + static_cast<size_t>(slot) * options_.dimension);
  return state->tail_count++;
}

void Collection::MarkOldVersion(int64_t row_id, uint64_t commit, CollectionState* state,
                                std::unordered_map<SegmentEntry*, std::vector<uint32_t>>* dead) {
  const auto in_tail = tail_index_.find(row_id);
  if (in_tail != tail_index_.end()) {
    const uint32_t capacity = BlockCapacity();
    state->tail[in_tail->second / capacity]->deleted.Set(in_tail->second % capacity, commit);
    tail_index_.erase(in_tail);
    return;
  }
  for (auto it = state->segments.rbegin(); it != state->segments.rend(); ++it) {
    const auto position = (*it)->segment().Find(row_id);
    if (position && (*it)->deleted(*position) == 0) {
      (*dead)[it->get()].push_back(*position);
      return;
    }
  }
}

// Searches that go on shall not have to make the codes of blocks that this commit has filled.
Collection::Blocks Collection::PromiseCodes(const CollectionState& before,
                                            const CollectionState& after) const {
  Blocks blocks;
  if (!pace_.SearchedLately(Pace::Clock::now())) return blocks;
  const uint32_t capacity = BlockCapacity();
  for (uint32_t b = before.tail_count / capacity; b < after.tail_count / capacity; ++b) {
    after.tail[b]->PromiseCodes();
    blocks.push_back(after.tail[b]);
  }
  return blocks;
}

Collection::Blocks Collection::Publish(const PendingWrites& writes, uint64_t commit) {
  if (!loaded_) return {};  // the next reader loads it with this commit
  auto state = std::make_shared<CollectionState>(*state_);
  const uint64_t unsealed = UnsealedBytes();
  std::unordered_map<SegmentEntry*, std::vector<uint32_t>> dead;
  // In row-id order, so that segments built from the tail do not depend on a hash table's order.
  std::vector<std::pair<int64_t, std::span<const float>>> rows;
  rows.reserve(writes.size());
  writes.ForEach(
      [&](int64_t row_id, std::span<const float> vector) { rows.emplace_back(row_id, vector); });
  std::sort(rows.begin(), rows.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  const auto added =
      std::count_if(rows.begin(), rows.end(), [](const auto& row) { return !row.second.empty(); });
  BlockMemory room = RoomInTail(static_cast<size_t>(added), *state);
  for (const auto& [row_id, vector] : rows) {
    MarkOldVersion(row_id, commit, state.get(), &dead);
    if (vector.empty()) continue;
    NoteNewest(row_id, AppendToTail(row_id, vector, {commit}, state.get(), &room));
  }
  for (auto& [entry, positions] : dead) entry->MarkDeleted(positions, commit);
  state->last_commit = commit;
  Blocks filled = PromiseCodes(*state_, *state);
  Show(std::move(state));
  writes_since_manifest_ += rows.size();
  pace_.Wrote({rows.size(), static_cast<uint64_t>(added), Backlog(), unsealed}, Pace::Clock::now());
  ScheduleMaintenance();
  return filled;
}

void Collection::ScheduleMaintenance(std::chrono::milliseconds delay) {
  if (indexer_ && NeedsMaintenance()) indexer_->Schedule(weak_from_this(), delay);
}

}  // namespace semblance::engine
