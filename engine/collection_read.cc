// What readers see of a collection, and what is told of it.
#include <chrono>
#include <mutex>

#include "engine/collection.h"
#include "engine/error.h"
#include "engine/families.h"
#include "engine/row_codec.h"
#include "storage/keys.h"

namespace semblance::engine {
namespace {

constexpr auto kCommitWait = std::chrono::seconds(10);

}  // namespace

void Collection::Show(std::shared_ptr<const CollectionState> state) {
  state_ = std::move(state);
  loaded_ = true;
  const std::lock_guard lock(readable_mu_);
  readable_ = recovered_.empty() && undone_.empty() ? state_ : nullptr;
}

void Collection::Unload() {
  loaded_ = false;
  const std::lock_guard lock(readable_mu_);
  readable_.reset();
}

std::shared_ptr<const CollectionState> Collection::Readable(uint64_t commit) const {
  const std::lock_guard lock(readable_mu_);
  const bool has_it = readable_ && commit <= readable_->last_commit && commit >= readable_->horizon;
  return has_it ? readable_ : nullptr;
}

void Collection::WaitFor(std::unique_lock<std::mutex>& lock, uint64_t commit) {
  const bool settled = settled_.wait_for(lock, kCommitWait, [&] {
    return in_flight_.transaction == nullptr || in_flight_.commit > commit;
  });
  if (!settled) {
    throw Error(ErrorKind::kBusy,
                "commit " + std::to_string(commit) + " is still being published; try again");
  }
}

void Collection::NoteSearch() { pace_.Searched(Pace::Clock::now()); }

bool Collection::Gone() const { return !loaded_ && store_->Get(kMeta, GoneKey(id_)).has_value(); }

// Who reads an older snapshot than the rebuild that replaced this collection may ask again; an
// older copy of the database file may not.
void Collection::ThrowGone() {
  throw Error(
      ErrorKind::kSnapshotTooOld,
      "these vectors were replaced by a rebuild since this transaction began, and are gone: "
      "end the transaction and ask again; where the database file is an older copy, 'rebuild'");
}

View Collection::ViewAt(uint64_t commit, std::shared_ptr<const PendingWrites> overlay,
                        const std::function<bool()>& cancel) {
  if (auto state = Readable(commit))
    return View(std::move(state), commit, options_.metric, std::move(overlay));
  std::unique_lock lock(mu_);
  if (commit > 0 && Gone()) ThrowGone();  // at commit 0 nothing is missing
  Settle(commit, false);
  WaitFor(lock, commit);
  EnsureLoaded(cancel);
  CheckNotUndone(commit);
  if (commit > state_->last_commit) {
    throw OutOfStep("the store holds this table's vectors up to commit " +
                    std::to_string(state_->last_commit) + ", but the database file is at commit " +
                    std::to_string(commit) +
                    ": the folder beside it is missing, older, or another database's");
  }
  if (commit < state_->horizon) {
    throw Error(ErrorKind::kSnapshotTooOld,
                "this transaction began at commit " + std::to_string(commit) +
                    ", and rows deleted since were dropped up to commit " +
                    std::to_string(state_->horizon) + ": end the transaction and ask again");
  }
  return View(state_, commit, options_.metric, std::move(overlay));
}

std::optional<std::vector<float>> Collection::VectorAt(int64_t row_id, uint64_t commit,
                                                       const std::function<bool()>& cancel) {
  ViewAt(commit, nullptr, cancel);  // the same refusals as for a search
  const auto version = storage::GetAt(*store_, kRows, RowBase(id_, row_id), commit);
  if (!version) return std::nullopt;
  return DecodeVector(version->value, options_.dimension);
}

// The file of then came back after an older one had been put in its place and written to.
void Collection::CheckNotUndone(uint64_t commit) const {
  if (!undone_.Contains(commit)) return;
  throw OutOfStep("the database file is at commit " + std::to_string(commit) +
                  ", which the folder beside it has undone, because an older copy of the file was "
                  "written to meanwhile");
}

std::shared_ptr<const CollectionState> Collection::LoadedState() {
  std::lock_guard lock(mu_);
  return loaded_ ? state_ : nullptr;
}

CollectionStats Collection::Stats() {
  std::lock_guard lock(mu_);
  EnsureLoaded();
  CollectionStats stats;
  stats.rows = state_->AliveCount();
  stats.tail_rows = state_->tail_count;
  stats.last_commit = state_->last_commit;
  stats.loaded_segments = loaded_segments_;
  for (const auto& entry : state_->segments) {
    stats.segment_sizes.push_back(entry->segment().size());
    stats.dead_rows += entry->dead_count();
    stats.memory_bytes += entry->segment().memory_bytes();
    if (entry->shared_created()) stats.memory_bytes += entry->shared_created()->bytes();
  }
  for (const auto& block : state_->tail)
    stats.memory_bytes += block->vectors.size() * sizeof(float);
  return stats;
}

}  // namespace semblance::engine
