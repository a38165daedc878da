// What Semblance knows of one SQLite file while its store is open: models, collections. All
// connections of the process to the same file share one Database (file_database.h); a `:memory:` or
// temporary database has one of its own.
//
// Threads: every method may be called from any thread.
// Errors: engine::Error, storage::Error.
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
#include "engine/predecessor.h"
#include "engine/training_checkpoints.h"
#include "engine/training_log.h"
#include "storage/store.h"

namespace semblance::engine {

class Database : public std::enable_shared_from_this<Database> {
 public:
  // `predecessors`: what an earlier Database over the same store has left.
  static std::shared_ptr<Database> Over(std::shared_ptr<storage::Store> store,
                                        Predecessors predecessors = {});
  // One in memory, that nobody else sees.
  static std::shared_ptr<Database> OpenInMemory();
  ~Database();

  storage::Store& store() { return *store_; }
  ModelRegistry& models() { return models_; }
  TrainingLog& training_log() { return training_log_; }
  TrainingCheckpoints& training_checkpoints() { return training_checkpoints_; }

  // The collection with this id, loaded on first use. One object per id; the pointer holds the
  // Database too.
  std::shared_ptr<Collection> OpenCollection(uint64_t id, const CollectionOptions& options);

  // Lets go of a collection that was replaced; whoever still uses it keeps it, who asks again gets
  // it loaded again.
  void Forget(uint64_t id);

  bool NeedsGarbageCollection();
  // Removes collections that no table names any more. `live` must be the whole truth of what is
  // committed. Those opened or replaced since this Database was opened stay. Works once, then does
  // nothing.
  void CollectGarbage(const std::vector<uint64_t>& live);

  // Whether the background thread has work.
  bool Sealing() const { return indexer_.busy(); }

  // What is in memory of each loaded collection that can be searched without the store, by id.
  struct Remembered {
    std::shared_ptr<const CollectionState> state;
    index::Metric metric;
  };
  using States = std::map<uint64_t, Remembered>;
  States LoadedStates();

  // Ends the background thread, and gives the next Database over the same store what is in memory
  // of collections, whether they were loaded by this one or left to it. Once, when nobody writes by
  // this one any more; who reads by it may go on.
  Predecessors LeaveToNext();

 private:
  Database(std::shared_ptr<storage::Store> store, Predecessors predecessors);

  const std::shared_ptr<storage::Store> store_;
  ModelRegistry models_;
  TrainingLog training_log_;
  TrainingCheckpoints training_checkpoints_;
  Indexer indexer_;

  std::mutex mu_;
  std::set<uint64_t>
      forgotten_;  // replaced since it was opened; old readers may ask; guarded by mu_
  bool garbage_collected_ = false;                               // guarded by mu_
  std::map<uint64_t, std::shared_ptr<Collection>> collections_;  // guarded by mu_
  std::map<uint64_t, std::vector<PreparedCommit>> prepared_;     // found at open; guarded by mu_
  Predecessors predecessors_;  // of collections that nobody has opened yet; guarded by mu_
};

}  // namespace semblance::engine
