// A store of a file that another process has open, as this one sees it; with the part that SQLite
// plays, which counts the commits.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "engine/families.h"
#include "engine/file_database.h"
#include "storage/turns.h"
#include "tests/engine/sample_collection.h"
#include "tests/storage/temp_folder.h"

namespace semblance::engine {

inline storage::OpenOptions StoreOptions(bool read_only) {
  storage::OpenOptions options;
  options.families = FamilyNames();
  options.read_only = read_only;
  return options;
}

// Waits, as another process does, until whoever has the store gives it away.
inline std::shared_ptr<storage::Store> AskForStore(const std::string& folder) {
  const storage::TurnRequest request(folder);
  for (int tries = 0; tries < 4000; ++tries) {
    try {
      return storage::Store::Open(folder, StoreOptions(false));
    } catch (const storage::Error& error) {
      if (error.kind() != storage::ErrorKind::kLockHeld) throw;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  }
  ADD_FAILURE() << "the store was not given away";
  return nullptr;
}

// Whoever writes; nothing is sealed in its background.
class ForeignWriter {
 public:
  ForeignWriter(uint64_t id, const CollectionOptions& options) : id_(id), options_(options) {}

  void Open(const std::string& folder) { Over(storage::Store::Open(folder, StoreOptions(false))); }
  void Ask(const std::string& folder) { Over(AskForStore(folder)); }
  // By the one that is open here anyway.
  void By(std::shared_ptr<Collection> collection) { collection_ = std::move(collection); }
  void Close() {
    collection_.reset();
    store_.reset();
  }
  // Of the same store, the collection with another id.
  void SetId(uint64_t id) {
    id_ = id;
    Over(store_);
  }
  Collection* operator->() { return collection_.get(); }
  Collection* collection() { return collection_.get(); }
  uint64_t commit() const { return commit_; }
  // SQLite has an older file now.
  void GoBackTo(uint64_t commit) { commit_ = commit; }

  std::vector<float> Vector(float x) const {
    std::vector<float> vector(options_.dimension, 0.0f);
    vector[0] = x;
    vector[1] = 1.0f;
    return vector;
  }
  void Put(int64_t row_id, float x) { PutMany(row_id, 1, x - static_cast<float>(row_id)); }
  // Each at row id + `shift`.
  void PutMany(int64_t first, int64_t count, float shift = 0) {
    const auto writes = std::make_shared<PendingWrites>(options_.dimension);
    for (int64_t row_id = first; row_id < first + count; ++row_id)
      writes->Put(row_id, Vector(static_cast<float>(row_id) + shift));
    Commit(writes);
  }
  void Delete(int64_t row_id) {
    const auto writes = std::make_shared<PendingWrites>(options_.dimension);
    writes->Delete(row_id);
    Commit(writes);
  }
  void Optimize() { collection_->Optimize(NeverCancel); }
  void Seal() { EXPECT_TRUE(collection_->Maintain(NeverCancel)); }

 private:
  void Over(std::shared_ptr<storage::Store> store) {
    store_ = std::move(store);
    collection_ =
        std::make_shared<Collection>(id_, options_, store_, nullptr, std::vector<PreparedCommit>());
  }
  void Commit(const std::shared_ptr<PendingWrites>& writes) {
    const uint64_t number = collection_->BeginWrite(commit_);
    collection_->Prepare(writes, number, false);
    collection_->CommitPrepared();
    commit_ = number;
  }

  uint64_t id_;
  const CollectionOptions options_;
  std::shared_ptr<storage::Store> store_;
  std::shared_ptr<Collection> collection_;
  uint64_t commit_ = 0;
};

}  // namespace semblance::engine
