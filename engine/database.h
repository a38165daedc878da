// What Semblance knows of one SQLite file: its store, its models, its collections. All connections
// of the process to the same file share one Database; a `:memory:` or temporary database has one of
// its own.
//
// Threads: every method may be called from any thread.
// Errors: engine::Error; storage::Error when the store cannot be opened.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "engine/collection.h"
#include "engine/indexer.h"
#include "engine/model_registry.h"
#include "engine/training_log.h"
#include "storage/store.h"

namespace semblance::engine {

class Database {
 public:
  enum class Create { kYes, kNo };

  // The Database of `file` (absolute path of the SQLite file), opened if it is not open yet. With
  // Create::kNo, nullptr when there is no store beside the file.
  static std::shared_ptr<Database> Open(const std::string& file, Create create);
  // A Database in memory that nobody else sees.
  static std::shared_ptr<Database> OpenInMemory();
  ~Database();

  storage::Store& store() { return *store_; }
  ModelRegistry& models() { return models_; }
  TrainingLog& training_log() { return training_log_; }

  // The collection with this id, loaded on first use. One object per id.
  std::shared_ptr<Collection> OpenCollection(uint64_t id, const CollectionOptions& options);

  // Lets go of a collection that was replaced; whoever still uses it keeps it, who asks again gets
  // it loaded again.
  void Forget(uint64_t id);

  bool NeedsGarbageCollection();
  // Removes collections that no table names any more. `live` must be the whole truth of what is
  // committed. Those opened or replaced since this Database was opened stay. Works once, then does
  // nothing.
  void CollectGarbage(const std::vector<uint64_t>& live);

  // Folder of the store that belongs to a SQLite file.
  static std::string FolderOf(const std::string& file);

 private:
  explicit Database(std::shared_ptr<storage::Store> store);

  const std::shared_ptr<storage::Store> store_;
  ModelRegistry models_;
  TrainingLog training_log_;
  Indexer indexer_;

  std::mutex mu_;
  std::set<uint64_t>
      forgotten_;  // replaced since it was opened; old readers may ask; guarded by mu_
  bool garbage_collected_ = false;                               // guarded by mu_
  std::map<uint64_t, std::shared_ptr<Collection>> collections_;  // guarded by mu_
  std::map<uint64_t, std::vector<PreparedCommit>> prepared_;     // found at open; guarded by mu_
};

}  // namespace semblance::engine
