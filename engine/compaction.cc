#include "engine/compaction.h"

#include <algorithm>
#include <map>

#include "engine/crash_point.h"
#include "engine/error.h"
#include "engine/families.h"
#include "engine/index_choice.h"
#include "engine/row_codec.h"
#include "engine/stored_vectors.h"
#include "storage/keys.h"

namespace semblance::engine {
namespace {

class BlobSink : public index::ByteSink {
 public:
  explicit BlobSink(storage::BlobWriter* writer) : writer_(writer) {}
  void Write(const void* bytes, size_t count) override {
    writer_->Write({static_cast<const char*>(bytes), count});
  }

 private:
  storage::BlobWriter* const writer_;
};

std::string DeadBits(const index::PositionSet& alive) {
  std::string bits((alive.size() + 63) / 64 * sizeof(uint64_t), '\0');
  for (uint32_t p = 0; p < alive.size(); ++p) {
    if (!alive.Contains(p)) bits[p / 8] = static_cast<char>(bits[p / 8] | 1 << (p % 8));
  }
  return bits;
}

}  // namespace

// Of all rows, from memory.
std::vector<float> Compaction::GatherVectors() const {
  const uint32_t dimension = collection_.options_.dimension;
  std::vector<float> vectors(row_ids_.size() * dimension);
  for (size_t i = 0; i < origins_.size(); ++i) {
    const Origin& origin = origins_[i];
    float* const out = vectors.data() + i * dimension;
    if (const SegmentEntry* const entry = EntryOf(origin)) {
      entry->segment().CopyVector(origin.position, out);
    } else {
      const uint32_t capacity = inputs_->tail[0]->capacity;
      const auto vector =
          inputs_->tail[origin.position / capacity]->vector(origin.position % capacity);
      std::copy(vector.begin(), vector.end(), out);
    }
  }
  return vectors;
}

index::SegmentOptions Compaction::OptionsOfSegment() const {
  const CollectionOptions& wanted = collection_.options_;
  uint64_t all = row_ids_.size();
  for (const auto& entry : inputs_->segments) {
    if (std::find(merged_.begin(), merged_.end(), entry) == merged_.end())
      all += entry->segment().size();
  }
  index::SegmentOptions options;
  options.kind = plan_.indexed ? ChooseKind(wanted, row_ids_.size(), all) : index::Kind::kFlat;
  options.quantization = QuantizationOf(wanted, options.kind);
  options.metric = wanted.metric;
  options.dimension = wanted.dimension;
  options.hnsw_m = wanted.hnsw_m;
  options.ef_construction = wanted.ef_construction;
  options.lists = wanted.lists;
  options.threads = plan_.threads;
  if (options.kind == index::Kind::kIvf && plan_.segments != CompactionPlan::Segments::kAll)
    options.earlier = Earlier(all);
  return options;
}

// Lists of the largest segment that has some, for the next one.
index::EarlierLists Compaction::Earlier(uint64_t all_rows) const {
  index::EarlierLists earlier;
  earlier.all_rows = all_rows;
  for (const auto& entry : inputs_->segments) {
    if (entry->segment().kind() == index::Kind::kIvf &&
        (!earlier.segment || entry->segment().size() > earlier.segment->size()))
      earlier.segment = entry->shared_segment();
  }
  for (const auto& entry : merged_) earlier.sources.push_back(&entry->segment());
  earlier.place_of = [this](uint32_t position) -> index::EarlierLists::Place {
    const Origin& origin = origins_[position];
    const SegmentEntry* const entry = EntryOf(origin);
    if (entry == nullptr) return {};
    return {&entry->segment(), origin.position};
  };
  return earlier;
}

bool Compaction::Build(index::SegmentOptions options, const std::function<bool()>& cancel) {
  const bool quantized = options.quantization != index::Quantization::kNone;
  if (!quantized && options.kind != index::Kind::kIvf) {
    segment_ = index::Segment::Build(options, row_ids_, GatherVectors(), cancel);
    return segment_ != nullptr;
  }
  // Every row of a segment or of the tail is in the store, so its vector need not be in memory.
  const index::Rescoring stored = collection_.RescoringBy(created_);  // holds the store
  if (quantized) options.rescoring = stored;
  segment_ = index::Segment::Build(options, row_ids_, *stored.vectors, cancel);
  return segment_ != nullptr;
}

uint64_t Compaction::CreatedOf(const Origin& origin) const {
  if (const SegmentEntry* const entry = EntryOf(origin)) return entry->created(origin.position);
  const uint32_t capacity = collection_.BlockCapacity();
  return inputs_->tail[origin.position / capacity]->created[origin.position % capacity];
}

uint64_t Compaction::FindCommit(int64_t row_id) const {
  const auto version = storage::GetAt(*collection_.store_, kRows, RowBase(collection_.id_, row_id),
                                      inputs_->last_commit);
  if (version) return version->commit;
  throw Error(ErrorKind::kCorruption,
              "the vector of row " + std::to_string(row_id) + " is not in the store");
}

// Segments without codes or lists need not say which commits wrote their rows, so the store is
// asked, where the new one must say.
std::shared_ptr<const RowCommits> Compaction::GatherCommits(
    const index::SegmentOptions& options) const {
  const bool must =
      options.quantization != index::Quantization::kNone || options.kind == index::Kind::kIvf;
  auto commits = std::make_shared<RowCommits>();
  for (size_t p = 0; p < origins_.size(); ++p) {
    const uint64_t commit = CreatedOf(origins_[p]);
    commits->Add(commit == 0 && must ? FindCommit(row_ids_[p]) : commit);
  }
  commits->Finish();
  return commits;
}

bool Compaction::BuildAndSave(const std::function<bool()>& cancel) {
  old_manifest_ = ReadManifest(*collection_.store_, collection_.id_).value_or(Manifest{});
  manifest_ = old_manifest_;
  if (row_ids_.empty()) return true;
  SortRows();
  const index::SegmentOptions options = OptionsOfSegment();
  created_ = GatherCommits(options);
  if (!Build(options, cancel)) return false;
  CrashPoint("seal:built");
  number_ = manifest_.next_segment++;
  const auto blob =
      collection_.store_->NewBlob(kSegments, SegmentKey(collection_.id_, number_, 's'));
  BlobSink sink(blob.get());
  segment_->Save(sink);
  blob->Finish();
  CrashPoint("seal:saved");
  return true;
}

uint64_t Compaction::DeletedMark(const CollectionState& state, const Origin& origin) const {
  if (const SegmentEntry* const entry = EntryOf(origin)) return entry->deleted(origin.position);
  const uint32_t capacity = collection_.BlockCapacity();
  return state.tail[origin.position / capacity]->deleted.Get(origin.position % capacity);
}

// The new segment with the deletions that its rows have suffered up to now.
std::shared_ptr<SegmentEntry> Compaction::NewEntry() const {
  auto entry = std::make_shared<SegmentEntry>(number_, segment_, created_);
  MarkDeleted(entry.get());
  return entry;
}

// Those that came since the last time.
void Compaction::MarkDeleted(SegmentEntry* entry) const {
  std::map<uint64_t, std::vector<uint32_t>> dead;
  for (uint32_t p = 0; p < origins_.size(); ++p) {
    const uint64_t deleted = DeletedMark(*inputs_, origins_[p]);
    if (deleted != 0 && entry->deleted(p) == 0) dead[deleted].push_back(p);
  }
  for (const auto& [commit, positions] : dead) entry->MarkDeleted(positions, commit);
}

bool Compaction::WriteManifestAndDeadRows() {
  std::vector<std::pair<uint64_t, index::PositionSet>> alive;
  {
    std::lock_guard lock(collection_.mu_);
    if (!collection_.loaded_ || collection_.loads_ != load_) return false;
    manifest_.as_of = collection_.state_->last_commit;
    for (const auto& entry : collection_.state_->segments) {
      if (std::find(merged_.begin(), merged_.end(), entry) == merged_.end()) {
        alive.emplace_back(entry->number(), entry->Alive());
      }
    }
    if (segment_) alive.emplace_back(number_, NewEntry()->Alive());
  }
  manifest_.covered = inputs_->last_commit;
  manifest_.segments.clear();
  const uint64_t cutoff =
      inputs_->last_commit > plan_.kept_commits ? inputs_->last_commit - plan_.kept_commits : 0;
  manifest_.kept_from = std::max(manifest_.kept_from, cutoff);
  auto transaction = collection_.store_->Begin();
  for (const auto& [number, positions] : alive) {
    manifest_.segments.push_back(number);
    const std::string key = SegmentKey(collection_.id_, number, 'd');
    if (positions.Count() == positions.size()) {
      transaction->Delete(kSegments, key);
    } else {
      transaction->Put(kSegments, key, DeadBits(positions));
    }
  }
  if (segment_ && (segment_->quantization() != index::Quantization::kNone ||
                   segment_->kind() == index::Kind::kIvf)) {
    transaction->Put(kSegments, SegmentKey(collection_.id_, number_, 'c'), created_->Encode());
  }
  WriteManifest(*transaction, collection_.id_, manifest_);
  transaction->Commit(true);
  CrashPoint("seal:manifest");
  return true;
}

void Compaction::AddToTail(int64_t row_id, std::span<const float> vector, const Origin& origin,
                           uint64_t created) {
  collection_.AppendToTail(row_id, vector, {created}, next_.get(), &room_);
  next_origins_.push_back(origin);
}

void Compaction::CopyTail(const CollectionState& from, uint32_t first) {
  const uint32_t capacity = collection_.BlockCapacity();
  for (uint32_t slot = first; slot < from.tail_count; ++slot) {
    const TailBlock& block = *from.tail[slot / capacity];
    const uint32_t s = slot % capacity;
    AddToTail(block.row_ids[s], block.vector(s), {Origin::kTail, slot}, block.created[s]);
  }
}

// The tail that will be, as far as it is known, with its codes: so that whoever searches next need
// not make them, and nobody waits for the copying.
void Compaction::BeginTail(const CollectionState& current) {
  const uint32_t capacity = collection_.BlockCapacity();
  next_ = std::make_shared<CollectionState>();
  for (const Origin& origin : carried_) {
    const uint64_t created = CreatedOf(origin);
    if (const SegmentEntry* const entry = EntryOf(origin)) {
      const index::Segment& segment = entry->segment();
      std::vector<float> vector(segment.dimension());
      segment.CopyVector(origin.position, vector.data());
      AddToTail(segment.row_id(origin.position), vector, origin, created);
    } else {
      const TailBlock& block = *inputs_->tail[origin.position / capacity];
      const uint32_t s = origin.position % capacity;
      AddToTail(block.row_ids[s], block.vector(s), origin, created);
    }
  }
  CopyTail(current, inputs_->tail_count);
  for (uint32_t b = 0; b < next_->tail_count / capacity; ++b)
    next_->tail[b]->MakeCodes(collection_.options_.metric);
}

// Otherwise slots and entries are others. What the manifest says now is read by the next to ask.
bool Compaction::StillLoaded() {
  if (collection_.loaded_ && collection_.loads_ == load_) return true;
  collection_.Unload();
  return false;
}

void Compaction::Publish() {
  std::shared_ptr<const CollectionState> known;
  {
    std::lock_guard lock(collection_.mu_);
    if (!StillLoaded()) return;
    known = collection_.state_;
  }
  BeginTail(*known);
  const std::shared_ptr<SegmentEntry> made = segment_ ? NewEntry() : nullptr;

  std::lock_guard lock(collection_.mu_);
  if (!StillLoaded()) return;
  const auto current = collection_.state_;
  CopyTail(*current, known->tail_count);
  next_->last_commit = current->last_commit;
  next_->horizon = std::max(current->horizon, dropped_deletion_);
  for (const auto& entry : current->segments) {
    if (std::find(merged_.begin(), merged_.end(), entry) == merged_.end())
      next_->segments.push_back(entry);
  }
  if (made) {
    MarkDeleted(made.get());
    next_->segments.push_back(made);
  }
  collection_.tail_index_.clear();
  const uint32_t capacity = collection_.BlockCapacity();
  for (uint32_t slot = 0; slot < next_->tail_count; ++slot) {
    TailBlock& block = *next_->tail[slot / capacity];
    const uint64_t deleted = DeletedMark(*current, next_origins_[slot]);
    block.deleted.Set(slot % capacity, deleted);
    if (deleted == 0) collection_.NoteNewest(block.row_ids[slot % capacity], slot);
  }
  collection_.Show(std::move(next_));
  collection_.writes_since_manifest_ = current->tail_count - inputs_->tail_count;
  collection_.load_note_.clear();
}

// Removes what the manifest no longer names, and versions that nobody may ask for any more.
void Compaction::Clean() {
  storage::Store& store = *collection_.store_;
  for (uint64_t number : old_manifest_.segments) {
    if (std::find(manifest_.segments.begin(), manifest_.segments.end(), number) !=
        manifest_.segments.end())
      continue;
    store.DeleteBlob(kSegments, SegmentKey(collection_.id_, number, 's'));
    for (char part : {'d', 'c'}) {
      store.DeletePrefix(kSegments, SegmentKey(collection_.id_, number, part));
    }
  }
  const uint64_t cutoff = manifest_.kept_from;
  const std::string prefix = CollectionPrefix(collection_.id_);
  auto transaction = store.Begin();
  size_t operations = 0;
  // One for many rows, which mostly follow each other: to make one takes longer than to read a row.
  std::unique_ptr<storage::Cursor> rows;
  for (auto log = store.Scan(kLog, prefix); log->Valid(); log->Next()) {
    const LogEntry entry = ParseLogKey(log->Key());
    if (entry.commit > cutoff) break;
    const std::string base = RowBase(collection_.id_, entry.row_id);
    const auto at_row = [&] { return rows->Valid() && storage::BaseOf(rows->Key()) == base; };
    if (!rows) rows = store.Scan(kRows, prefix);
    if (!at_row()) rows->Seek(base);
    bool newest = true;
    for (; at_row(); rows->Next()) {
      if (storage::CommitOf(rows->Key()) > cutoff) continue;
      if (!newest || rows->Value() == kTombstone) {
        transaction->Delete(kRows, rows->Key());
        ++operations;
      }
      newest = false;
    }
    transaction->Delete(kLog, log->Key());
    if (++operations >= 4096) {
      transaction->Commit(false);
      transaction = store.Begin();
      operations = 0;
      rows.reset();
    }
  }
  transaction->Commit(false);
  CrashPoint("seal:cleaned");
}

Compaction::Outcome Compaction::Run(const std::function<bool()>& cancel) {
  if (!ChooseInputs()) return Outcome::kNothingToDo;
  Gather();
  if (!BuildAndSave([&] { return collection_.rewinding_ || (cancel && cancel()); }))
    return Outcome::kGivenUp;
  if (!WriteManifestAndDeadRows()) {
    if (segment_)
      collection_.store_->DeleteBlob(kSegments, SegmentKey(collection_.id_, number_, 's'));
    return Outcome::kGivenUp;
  }
  Publish();
  CrashPoint("seal:published");
  Clean();
  return Outcome::kDone;
}

}  // namespace semblance::engine
