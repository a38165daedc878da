// A new collection's rows, written without a transaction of SQLite's: 'rebuild' and model=.
#include <mutex>
#include <string>

#include "engine/collection.h"
#include "engine/families.h"
#include "engine/manifest.h"
#include "engine/row_codec.h"

namespace semblance::engine {

void Collection::Loader::Add(int64_t row_id, std::span<const float> vector) {
  constexpr size_t kBatch = 2048;
  batch_.Put(row_id, vector);
  if (batch_.size() >= kBatch) WriteBatch();
}

void Collection::Loader::WriteBatch() {
  {
    // Before the rows are in the store: else loading would find them there, and they would be shown
    // twice.
    std::lock_guard lock(collection_->mu_);
    collection_->EnsureLoaded();
    if (collection_->RowsAtMost() + batch_.size() > collection_->options_.max_rows)
      collection_->ThrowTooBig();
    collection_->CheckSealable(batch_.size());
  }
  auto transaction =
      collection_->store_->BeginBulk(collection_->BytesOf(batch_.size(), batch_.size()));
  std::string value;
  batch_.ForEach([&](int64_t row_id, std::span<const float> vector) {
    EncodeRowInto(vector, &value);
    transaction->Put(kRows, RowKey(collection_->id_, row_id, 1), value);
    transaction->Put(kLog, LogKey(collection_->id_, 1, row_id), EncodeStamp(0));
  });
  const uint64_t stamp = NewStamp();
  WriteLastCommit(*transaction, collection_->id_, {1, stamp});
  transaction->Commit(false);
  {
    std::lock_guard lock(collection_->mu_);
    collection_->stamp_ = stamp;
    Show();
  }
  MakeRoom();
}

// With the collection's mu_ held.
void Collection::Loader::Show() {
  auto state = std::make_shared<CollectionState>(*collection_->state_);
  BlockMemory room = collection_->RoomInTail(batch_.size(), *state);
  batch_.ForEach([&](int64_t row_id, std::span<const float> vector) {
    const uint32_t slot = collection_->AppendToTail(row_id, vector, {1}, state.get(), &room);
    collection_->NoteNewest(row_id, slot);
  });
  state->last_commit = 1;
  collection_->Show(std::move(state));
  collection_->writes_since_manifest_ += batch_.size();
  batch_.Clear();
}

// What waits for a segment lies in memory with its full vectors.
void Collection::Loader::MakeRoom() {
  {
    std::lock_guard lock(collection_->mu_);
    if (collection_->UnsealedBytes() <= collection_->options_.max_unsealed ||
        !collection_->SealingGivesRoom())
      return;
  }
  collection_->SealLoaded(cancel_);
  sealed_ = true;
}

void Collection::Loader::Finish() {
  WriteBatch();
  // The manifest says that commit 1 is in segments.
  if (sealed_) collection_->SealLoaded(cancel_);
  collection_->store_->Sync();
  std::lock_guard lock(collection_->mu_);
  collection_->ScheduleMaintenance();
}

}  // namespace semblance::engine
