// The batches of a phase, epoch after epoch.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/training/batches.h"

namespace semblance::training {

// Knows how many steps there will be, and can be set to where another one stood.
class BatchStream {
 public:
  // Throws encoder::Error kInvalid where there are no two different rows.
  BatchStream(const Corpus& corpus, size_t first, double epochs, int64_t most_steps,
              const BatchPlanOptions& options);

  int64_t total() const { return total_; }
  double epoch(int64_t step) const { return static_cast<double>(step) / epoch_steps_; }
  const std::vector<uint32_t>& Next();

  // Where it stands; another one over the same rows goes on from there.
  struct Position {
    int epoch = 0;
    uint64_t batch = 0;  // of the epoch, the next one
  };
  Position position() const { return {epoch_, at_}; }
  void Seek(const Position& position);

 private:
  void Plan(int epoch);

  const Corpus& corpus_;
  const size_t first_;
  const BatchPlanOptions options_;
  double epoch_steps_ = 1;
  int64_t total_ = 0;
  std::vector<std::vector<uint32_t>> batches_;  // of epoch_
  int epoch_ = 0;
  size_t at_ = 0;
};

}  // namespace semblance::training
