// From the store to memory: segments with their dead rows, then the log; or, without segments,
// every row.
#include <algorithm>
#include <iterator>

#include "engine/collection.h"
#include "engine/compaction.h"
#include "engine/error.h"
#include "engine/families.h"
#include "engine/index_choice.h"
#include "engine/predecessor.h"
#include "engine/row_codec.h"
#include "engine/stored_vectors.h"
#include "index/error.h"
#include "storage/keys.h"

namespace semblance::engine {

namespace {

class BlobSource : public index::ByteSource {
 public:
  // `poll` is called for each megabyte, and may throw.
  BlobSource(storage::BlobReader* reader, std::function<void()> poll)
      : reader_(reader), poll_(std::move(poll)) {}
  void Read(void* out, size_t count) override {
    auto* to = static_cast<char*>(out);
    while (count > 0) {
      if (until_poll_ == 0) {
        poll_();
        until_poll_ = kBytesPerPoll;
      }
      const size_t part = std::min(count, until_poll_);
      reader_->Read(to, part);
      to += part;
      count -= part;
      until_poll_ -= part;
    }
  }

 private:
  static constexpr size_t kBytesPerPoll = size_t{1} << 20;
  storage::BlobReader* const reader_;
  const std::function<void()> poll_;
  size_t until_poll_ = 0;
};

// Of a quantized segment, or one of lists; nullptr when there are none.
std::shared_ptr<const RowCommits> LoadCreated(const storage::Store& store, uint64_t collection,
                                              uint64_t number) {
  const auto value = store.Get(kSegments, SegmentKey(collection, number, 'c'));
  if (!value) return nullptr;
  return std::make_shared<RowCommits>(RowCommits::Decode(*value));
}

std::vector<uint32_t> LoadDeadPositions(const storage::Store& store, uint64_t collection,
                                        uint64_t number, uint32_t size) {
  std::vector<uint32_t> positions;
  const auto value = store.Get(kSegments, SegmentKey(collection, number, 'd'));
  if (!value) return positions;
  if (value->size() != (size + 63) / 64 * sizeof(uint64_t)) {
    throw Error(ErrorKind::kCorruption, "the dead rows of segment " + std::to_string(number) +
                                            " of collection " + Hex(collection) +
                                            " have the wrong size");
  }
  for (uint32_t p = 0; p < size; ++p) {
    if (static_cast<uint8_t>((*value)[p / 8]) >> (p % 8) & 1) positions.push_back(p);
  }
  return positions;
}

}  // namespace

void Collection::EnsureLoaded(const std::function<bool()>& cancel) {
  if (loaded_) return;
  const LoadPoll poll(cancel);
  tail_index_.clear();
  load_note_.clear();
  writes_since_manifest_ = 0;
  auto state = std::make_shared<CollectionState>();
  const LastCommit newest = ReadLastCommit(*store_, id_);
  const uint64_t last_commit = newest.number;
  state->last_commit = last_commit;
  stamp_ = newest.stamp;
  undone_ = UndoneCommits::Read(*store_, id_);
  CheckPredecessor(newest);
  uint64_t kept_from = last_commit;  // unless a manifest can be read, or there is none
  try {
    const auto manifest = ReadManifest(*store_, id_);
    kept_from = manifest ? manifest->kept_from : 0;
    Load(manifest, poll, state.get());
  } catch (const std::exception& error) {
    const auto* const own = dynamic_cast<const Error*>(&error);
    if (own != nullptr && own->kind() == ErrorKind::kInterrupted) throw;
    // Segments are a cache of the rows: whatever is wrong with them, the rows make them again.
    load_note_ = error.what();
    tail_index_.clear();
    state = std::make_shared<CollectionState>();
    state->last_commit = last_commit;
    LoadAllRows(kept_from, poll, state.get());
  }
  predecessor_.reset();
  Show(std::move(state));
  ++loads_;
  // Not at once: most who open a database want one answer, and go.
  constexpr std::chrono::milliseconds kAfterOpening{500};
  ScheduleMaintenance(state_->tail_count >= kQuickSealRows ? std::chrono::milliseconds()
                                                           : kAfterOpening);
}

void Collection::Load(const std::optional<Manifest>& manifest, const LoadPoll& poll,
                      CollectionState* state) {
  if (CanGoOn(manifest)) {
    GoOn(poll, state);
  } else if (manifest) {
    LoadSegments(*manifest, poll, state);
    ReplayLog(manifest->covered, poll, state);
  } else {
    LoadAllRows(0, poll, state);
  }
}

index::Rescoring Collection::RescoringBy(std::shared_ptr<const RowCommits> created) const {
  return {std::make_shared<StoredVectors>(store_, id_, options_.dimension, std::move(created),
                                          vector_cache_),
          options_.oversample};
}

void Collection::LoadSegments(const Manifest& manifest, const LoadPoll& poll,
                              CollectionState* state) {
  for (uint64_t number : manifest.segments) {
    auto entry = KnownSegment(number);
    if (!entry) entry = LoadSegment(number, poll);
    const auto dead = LoadDeadPositions(*store_, id_, number, entry->segment().size());
    entry->MarkDeleted(dead, std::max<uint64_t>(manifest.as_of, 1));
    state->segments.push_back(std::move(entry));
  }
  state->horizon = manifest.as_of;
}

std::shared_ptr<SegmentEntry> Collection::LoadSegment(uint64_t number, const LoadPoll& poll) {
  const auto created = LoadCreated(*store_, id_, number);
  index::Rescoring rescoring;
  if (created) rescoring = RescoringBy(created);
  const auto blob = store_->OpenBlob(kSegments, SegmentKey(id_, number, 's'));
  if (!blob) {
    throw Error(ErrorKind::kCorruption, "segment " + std::to_string(number) + " of collection " +
                                            Hex(id_) + " is not in the store");
  }
  BlobSource source(blob.get(), [&] { poll.Now(); });
  auto segment = index::Segment::Load(source, rescoring);
  if (segment->dimension() != options_.dimension || segment->metric() != options_.metric ||
      segment->quantization() != QuantizationOf(options_, segment->kind()) ||
      (created && created->size() != segment->size())) {
    throw Error(ErrorKind::kCorruption,
                "segment " + std::to_string(number) + " of collection " + Hex(id_) +
                    " has another dimension, metric, quantization or size than its table");
  }
  ++loaded_segments_;
  return std::make_shared<SegmentEntry>(number, std::move(segment), created);
}

void Collection::ReplayLog(uint64_t after, const LoadPoll& poll, CollectionState* state) {
  std::unordered_map<SegmentEntry*, std::vector<uint32_t>> dead;
  uint64_t commit = 0;
  const auto mark = [&] {
    for (auto& [entry, positions] : dead) entry->MarkDeleted(positions, commit);
    dead.clear();
  };
  BlockMemory room;
  auto cursor = store_->Scan(kLog, CollectionPrefix(id_));
  for (cursor->Seek(LogKey(id_, after + 1, INT64_MIN)); cursor->Valid(); cursor->Next()) {
    poll.Row();
    const LogEntry entry = ParseLogKey(cursor->Key());
    if (entry.commit != commit) {
      mark();
      commit = entry.commit;
    }
    const auto value = store_->Get(kRows, RowKey(id_, entry.row_id, entry.commit));
    if (!value) {
      throw Error(ErrorKind::kCorruption, "the log of collection " + Hex(id_) + " names row " +
                                              std::to_string(entry.row_id) +
                                              ", which the store does not have");
    }
    MarkOldVersion(entry.row_id, entry.commit, state, &dead);
    if (const auto vector = DecodeVector(*value, options_.dimension)) {
      NoteNewest(entry.row_id, AppendToTail(entry.row_id, *vector, {entry.commit}, state, &room));
    }
    ++writes_since_manifest_;
  }
  mark();
}

// With the versions that a reader may still ask for: no commit from `kept_from` on has lost any.
void Collection::LoadAllRows(uint64_t kept_from, const LoadPoll& poll, CollectionState* state) {
  std::string base;
  BlockMemory room;
  // The commit of the version just read, of the same row: versions come newest first.
  uint64_t replaced = 0;
  for (auto cursor = store_->Scan(kRows, CollectionPrefix(id_)); cursor->Valid(); cursor->Next()) {
    poll.Row();
    const uint64_t commit = storage::CommitOf(cursor->Key());
    if (commit > state->last_commit) continue;
    if (storage::BaseOf(cursor->Key()) != base) {
      base = storage::BaseOf(cursor->Key());
      replaced = 0;
    }
    if (replaced != 0 && replaced <= kept_from) continue;
    if (const auto vector = DecodeVector(cursor->Value(), options_.dimension)) {
      const int64_t row_id = RowIdOf(cursor->Key());
      const uint32_t slot = AppendToTail(row_id, *vector, {commit, replaced}, state, &room);
      if (replaced == 0) NoteNewest(row_id, slot);
    }
    replaced = commit;
    ++writes_since_manifest_;
  }
  state->horizon = kept_from;
}

std::vector<std::string> Collection::Check(uint64_t commit, const std::vector<int64_t>& rows,
                                           Expect expect, const std::function<bool()>& cancel) {
  std::vector<std::string> problems;
  const LoadPoll poll(cancel);
  const View view = ViewAt(commit, nullptr, cancel);
  {
    std::lock_guard lock(mu_);
    if (!load_note_.empty()) problems.push_back("stored segments could not be used: " + load_note_);
  }
  const std::vector<int64_t> searched = view.RowIds();
  std::vector<int64_t> stored;
  std::string base;
  for (auto cursor = store_->Scan(kRows, CollectionPrefix(id_)); cursor->Valid(); cursor->Next()) {
    poll.Row();
    if (storage::CommitOf(cursor->Key()) > commit || storage::BaseOf(cursor->Key()) == base)
      continue;
    base = storage::BaseOf(cursor->Key());
    if (DecodeVector(cursor->Value(), options_.dimension)) stored.push_back(RowIdOf(cursor->Key()));
  }
  const auto compare = [&](const std::vector<int64_t>& a, const std::vector<int64_t>& b,
                           const std::string& what) {
    std::vector<int64_t> missing;
    std::set_difference(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(missing));
    for (size_t i = 0; i < missing.size() && i < 5; ++i) {
      problems.push_back("row " + std::to_string(missing[i]) + " " + what);
    }
    if (missing.size() > 5)
      problems.push_back("and " + std::to_string(missing.size() - 5) + " more rows");
  };
  compare(stored, searched, "has a stored vector that is not searched");
  compare(searched, stored, "is searched but has no stored vector");
  if (std::adjacent_find(searched.begin(), searched.end()) != searched.end()) {
    problems.push_back("a row is searched twice");
  }
  if (expect == Expect::kVectorEach) compare(rows, stored, "has a text but no vector");
  compare(stored, rows, "has a vector but no content");
  return problems;
}

}  // namespace semblance::engine
