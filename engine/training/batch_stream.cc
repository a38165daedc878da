#include "engine/training/batch_stream.h"

#include <algorithm>
#include <cmath>

#include "engine/encoder/error.h"

namespace semblance::training {

BatchStream::BatchStream(const Corpus& corpus, size_t first, double epochs, int64_t most_steps,
                         const BatchPlanOptions& options)
    : corpus_(corpus), first_(first), options_(options) {
  Plan(0);
  if (batches_.empty()) {
    throw encoder::Error(encoder::ErrorKind::kInvalid,
                         "training needs at least two different rows with text");
  }
  epoch_steps_ = static_cast<double>(batches_.size());
  total_ = std::max<int64_t>(1, std::llround(epochs * epoch_steps_));
  if (most_steps > 0) total_ = std::min(total_, most_steps);
}

void BatchStream::Plan(int epoch) {
  batches_ = {};  // before others are made
  batches_ = PlanEpoch(corpus_, first_, epoch, options_);
  epoch_ = epoch;
  at_ = 0;
}

const std::vector<uint32_t>& BatchStream::Next() {
  if (at_ >= batches_.size()) Plan(epoch_ + 1);
  return batches_[at_++];
}

void BatchStream::Seek(const Position& position) {
  if (position.epoch != epoch_) Plan(position.epoch);
  at_ = std::min<size_t>(position.batch, batches_.size());
}

}  // namespace semblance::training
