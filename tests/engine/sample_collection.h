// A collection over a store in memory, with the part that SQLite plays: it counts the commits.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "engine/collection.h"
#include "engine/error.h"
#include "engine/families.h"
#include "storage/store.h"

namespace semblance::engine {

inline std::shared_ptr<storage::Store> MemoryStore() {
  storage::OpenOptions options;
  options.families = FamilyNames();
  options.in_memory = true;
  return storage::Store::Open(":memory:", options);
}

inline bool NeverCancel() { return false; }

// The kind of the engine::Error that `call` throws.
template <typename Call>
ErrorKind KindThrownBy(Call call, std::string* message = nullptr) {
  try {
    call();
  } catch (const Error& error) {
    if (message != nullptr) *message = error.what();
    return error.kind();
  }
  ADD_FAILURE() << "nothing was thrown";
  return static_cast<ErrorKind>(-1);
}

class SampleCollection {
 public:
  static constexpr uint64_t kId = 77;

  explicit SampleCollection(uint32_t dimension = 2, index::Kind kind = index::Kind::kFlat,
                            index::Quantization quantization = index::Quantization::kNone,
                            uint64_t max_unsealed = CollectionOptions().max_unsealed)
      : store_(MemoryStore()) {
    options_.max_unsealed = max_unsealed;
    options_.quantization = quantization;
    options_.metric = index::Metric::kL2;
    options_.dimension = dimension;
    options_.kind = kind;
    Reopen();
  }

  // A new object over the same store, as after a restart.
  void Reopen(std::vector<PreparedCommit> prepared = {}) {
    collection_.reset();
    collection_ = std::make_shared<Collection>(kId, options_, store_, nullptr, std::move(prepared));
  }

  Collection* operator->() { return collection_.get(); }
  storage::Store& store() { return *store_; }
  const CollectionOptions& options() const { return options_; }
  uint64_t last_commit() const { return last_commit_; }
  void set_last_commit(uint64_t commit) { last_commit_ = commit; }
  void set_automatic() {
    options_.automatic = true;
    Reopen();
  }

  std::shared_ptr<PendingWrites> NewWrites() const {
    return std::make_shared<PendingWrites>(options_.dimension);
  }

  void Commit(const std::shared_ptr<PendingWrites>& writes) {
    collection_->BeginWrite(last_commit_);
    collection_->Prepare(writes, last_commit_ + 1, false);
    collection_->CommitPrepared();
    ++last_commit_;
  }
  // One row whose vector is (x, 0, …), or its deletion.
  void Put(int64_t row_id, float x) { Commit(Writes(row_id, x)); }
  void Delete(int64_t row_id) {
    const auto writes = NewWrites();
    writes->Delete(row_id);
    Commit(writes);
  }
  std::shared_ptr<PendingWrites> Writes(int64_t row_id, float x) const {
    const auto writes = NewWrites();
    writes->Put(row_id, Vector(x));
    return writes;
  }
  std::vector<float> Vector(float x) const {
    std::vector<float> vector(options_.dimension, 0.0f);
    vector[0] = x;
    return vector;
  }
  // Rows first .. first + count - 1 in one commit, each at x = row id.
  void PutMany(int64_t first, int64_t count) {
    const auto writes = NewWrites();
    for (int64_t row_id = first; row_id < first + count; ++row_id)
      writes->Put(row_id, Vector(static_cast<float>(row_id)));
    Commit(writes);
  }

  // Row ids and x, nearest to 0 first: all that a reader at `commit` finds.
  using Shown = std::vector<std::pair<int64_t, float>>;
  Shown At(uint64_t commit, std::shared_ptr<const PendingWrites> overlay = nullptr) {
    ViewSearch search;
    search.k = 100000;
    search.exact = true;
    Shown shown;
    for (const Found& found :
         collection_->ViewAt(commit, std::move(overlay)).Search(Vector(0), search)) {
      shown.emplace_back(found.row_id, found.distance);
    }
    return shown;
  }
  Shown Now() { return At(last_commit_); }

 private:
  CollectionOptions options_;
  std::shared_ptr<storage::Store> store_;
  std::shared_ptr<Collection> collection_;
  uint64_t last_commit_ = 0;
};

}  // namespace semblance::engine
