// Where training runs are saved so that they can go on after a kill: one blob a run, in family
// runs, replaced as a whole.
//
// Threads: any. Errors: storage::Error; engine::Error kCorruption for a blob that is none.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "engine/encoder/model_package.h"
#include "storage/store.h"

namespace semblance::engine {

struct TrainingCheckpoint {
  uint64_t reports = 0;         // of the run, that were made when it was saved
  encoder::ModelPackage files;  // what training::TrainingRun::Checkpoint gave
};

class TrainingCheckpoints {
 public:
  explicit TrainingCheckpoints(std::shared_ptr<storage::Store> store) : store_(std::move(store)) {}
  void Save(uint64_t run, const TrainingCheckpoint& checkpoint);  // durable when it returns
  bool Has(uint64_t run) const;
  std::optional<TrainingCheckpoint> Load(uint64_t run) const;
  void Remove(uint64_t run);  // nothing where there is none

 private:
  const std::shared_ptr<storage::Store> store_;
};

}  // namespace semblance::engine
