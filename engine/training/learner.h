// The network being trained, with LibTorch behind a wall: text as token ids goes in, losses and
// vectors come out. Made by LoadLearnerModule().create (learner_module.h).
//
// Threads: one at a time. Errors: LibTorch's own exceptions (std::exception); trainer.cc translates
// them.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/training/corpus.h"
#include "engine/training/masking.h"
#include "engine/training/options.h"
#include "engine/training/weights.h"

namespace semblance::training {

// The rows of one step. anchors[i] and positives[i] belong together; negatives is empty or has one
// for each row. For unsupervised SimCSE positives is a copy of anchors: dropout makes the
// difference.
struct ContrastiveRows {
  std::vector<TokenIds> anchors, positives, negatives;
  const MaskedSentences* masked = nullptr;  // for the auxiliary loss; nullptr: none
};

// What a learner has become: another one of the same shape and options goes on from it as this one
// would have. Names are those of weights.h; "mlm." stands before the masked-language model's own,
// "other." before those of the second network of a dual encoder.
struct LearnerState {
  Weights weights;
  Weights first, second;                 // AdamW's moments, of what is trained
  std::map<std::string, int64_t> steps;  // AdamW's, likewise
  uint64_t dropout = 0;                  // positions of the two streams of masks
  uint64_t evaluation_dropout = 0;
};

class Learner {
 public:
  virtual ~Learner() = default;

  // One forward and backward pass and an AdamW step; the loss before the step.
  virtual double ContrastiveStep(const ContrastiveRows& rows, double learning_rate) = 0;
  virtual double MaskedStep(const MaskedSentences& masked, double learning_rate) = 0;

  // Pooled vectors [sentences, hidden], not normalised, in the given order. With `dropout`, as in
  // training.
  virtual std::vector<float> Embed(const std::vector<TokenIds>& sentences, bool dropout) = 0;
  // The likeliest id at each target of `masked`, by the masked-language model as it is now.
  virtual std::vector<int32_t> Predict(const MaskedSentences& masked) = 0;

  virtual Weights Snapshot() const = 0;
  virtual LearnerState Save() const = 0;
  // Throws std::exception when `state` is not of this shape.
  virtual void Restore(const LearnerState& state) = 0;
};

}  // namespace semblance::training
