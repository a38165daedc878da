// The way into libsemblance_learner.so, the one library that links LibTorch.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/training/learner.h"

namespace semblance::training {

// The loss and its gradient for given vectors: what tests hold against the reference.
struct LossExample {
  int64_t rows = 0, dimension = 0;
  std::span<const float> anchors, positives,
      negatives;  // [rows, dimension]; negatives may be empty
  double temperature = 0.05;
  double hard_negative_weight = 0;
  bool symmetric = false;
};
struct LossResult {
  double loss = 0;
  std::vector<float> logits;  // [rows, rows] or [rows, 2 * rows]
  std::vector<float> anchor_gradients, positive_gradients, negative_gradients;
};

struct LearnerModule {
  std::unique_ptr<Learner> (*create)(const NetworkShape&, const Weights&, const Options&);
  // As it is on a GPU, but on the processor: by LibTorch's own operations alone, in bfloat16 if
  // asked.
  std::unique_ptr<Learner> (*create_portable)(const NetworkShape&, const Weights&, const Options&,
                                              bool bfloat16);
  LossResult (*contrastive_loss)(const LossExample&);
  // The gradients of a first contrastive step by parameter. `at_once`: in one backward pass over
  // all chunks of Options::chunk, which gradient caching does without.
  std::map<std::string, std::vector<float>> (*gradients)(const NetworkShape&, const Weights&,
                                                         const Options&, const ContrastiveRows&,
                                                         bool at_once);
};

// Loads the library the first time (half a second, 150 MB) and keeps it. It is looked for beside
// the file this code is in, then in ../lib, then where the system looks. Throws encoder::Error
// kMissing, saying what was tried.
const LearnerModule& LoadLearnerModule();

}  // namespace semblance::training

// The one symbol that libsemblance_learner.so exports.
extern "C" const semblance::training::LearnerModule* semblance_learner_module();
