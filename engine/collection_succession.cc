// From one collection object to the next over the same store: what the first has left in memory,
// and what the second takes of it.
#include <algorithm>
#include <cstdint>
#include <mutex>

#include "engine/collection.h"
#include "engine/error.h"
#include "engine/families.h"
#include "engine/index_choice.h"
#include "engine/predecessor.h"
#include "engine/row_codec.h"

namespace semblance::engine {
namespace {

// Until somebody gives the segment another source.
class NoVectors final : public index::VectorSource {
 public:
  void Read(std::span<const uint32_t>, std::span<const int64_t>, float*) const override {
    throw Error(ErrorKind::kIo, "the store of these vectors is closed");
  }
};

bool IsQuantized(const SegmentEntry& entry) {
  return entry.segment().quantization() != index::Quantization::kNone;
}

}  // namespace

std::unique_ptr<Predecessor> Collection::LeaveToNext() {
  std::lock_guard lock(mu_);
  if (!loaded_) return std::move(predecessor_);
  // What was made of the rows, because segments could not be used, hides what is wrong with them.
  if (!load_note_.empty() || !broken_.empty() || in_flight_.transaction) return nullptr;
  auto left = std::make_unique<Predecessor>();
  left->manifest = ReadManifest(*store_, id_);
  auto state = std::make_shared<CollectionState>(*state_);
  for (auto& entry : state->segments) {
    if (IsQuantized(*entry))
      entry = entry->WithVectors({std::make_shared<NoVectors>(), options_.oversample});
  }
  left->state = std::move(state);
  left->undone = undone_;
  left->stamp = stamp_;
  left->writes_since_manifest = writes_since_manifest_;
  left->metric = options_.metric;
  left->dimension = options_.dimension;
  left->vector_cache = vector_cache_;
  left->left = std::chrono::steady_clock::now();
  return left;
}

void Collection::ComeAfter(std::unique_ptr<Predecessor> predecessor) {
  if (!predecessor || predecessor->dimension != options_.dimension ||
      predecessor->metric != options_.metric)
    return;
  std::lock_guard lock(mu_);
  predecessor_ = std::move(predecessor);
}

// After commits were undone, what it shows may never have been, and the numbers of segments may
// have been given again.
void Collection::CheckPredecessor(const LastCommit& last_commit) {
  if (!predecessor_) return;
  if (predecessor_->undone == undone_ && HasInItsPast(*predecessor_, last_commit)) {
    vector_cache_ = predecessor_->vector_cache;  // of versions, which never change
  } else {
    predecessor_.reset();
  }
}

// A store that was put back to an earlier state has other commits of the same numbers. What comes
// after a commit has its stamp in the log, until that is removed.
bool Collection::HasInItsPast(const Predecessor& predecessor, const LastCommit& last_commit) const {
  const uint64_t number = predecessor.state->last_commit;
  if (predecessor.stamp == 0 || number > last_commit.number) return false;
  if (number == last_commit.number) return predecessor.stamp == last_commit.stamp;
  const auto next = store_->Scan(kLog, CollectionPrefix(id_));
  next->Seek(LogKey(id_, number + 1, INT64_MIN));
  return next->Valid() && next->Value() == EncodeStamp(predecessor.stamp);
}

// Entries of the log are removed only when a manifest is written.
bool Collection::CanGoOn(const std::optional<Manifest>& manifest) const {
  if (!predecessor_ || predecessor_->manifest != manifest) return false;
  const CollectionState& state = *predecessor_->state;
  const Manifest said = manifest.value_or(Manifest{});
  return state.last_commit >= said.covered &&
         std::equal(state.segments.begin(), state.segments.end(), said.segments.begin(),
                    said.segments.end(),
                    [](const auto& entry, uint64_t number) { return entry->number() == number; });
}

// When this is interrupted it begins again from the predecessor, which is as it was for who goes
// on from it: marks of later commits are set again to the same, slots are filled again.
void Collection::GoOn(const LoadPoll& poll, CollectionState* state) {
  const uint64_t last_commit = state->last_commit;
  *state = *predecessor_->state;
  for (auto& entry : state->segments) {
    if (IsQuantized(*entry)) entry = entry->WithVectors(RescoringBy(entry->shared_created()));
  }
  const uint32_t capacity = BlockCapacity();
  for (uint32_t slot = 0; slot < state->tail_count; ++slot) {
    const TailBlock& block = *state->tail[slot / capacity];
    if (block.deleted.Get(slot % capacity) == 0) NoteNewest(block.row_ids[slot % capacity], slot);
  }
  writes_since_manifest_ = predecessor_->writes_since_manifest;
  ReplayLog(state->last_commit, poll, state);
  state->last_commit = last_commit;
}

std::shared_ptr<SegmentEntry> Collection::KnownSegment(uint64_t number) const {
  if (!predecessor_) return nullptr;
  for (const auto& entry : predecessor_->state->segments) {
    if (entry->number() != number) continue;
    auto segment = entry->shared_segment();
    if (IsQuantized(*entry)) segment = segment->WithVectors(RescoringBy(entry->shared_created()));
    return std::make_shared<SegmentEntry>(number, std::move(segment), entry->shared_created());
  }
  return nullptr;
}

}  // namespace semblance::engine
