// The learner, with its LibTorch types. Private to engine/training.
#pragma once

#include <torch/types.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/training/contrastive_internal.h"
#include "engine/training/device_internal.h"
#include "engine/training/learner.h"
#include "engine/training/network_internal.h"
#include "engine/training/optimiser_internal.h"
#include "engine/training/step_speed.h"

namespace semblance::training {

class TorchLearner : public Learner {
 public:
  TorchLearner(const NetworkShape& shape, const Weights& weights, const Options& options,
               const Place& place);

  double ContrastiveStep(const ContrastiveRows& rows, double learning_rate) override;
  double MaskedStep(const MaskedSentences& masked, double learning_rate) override;
  std::vector<float> Embed(const std::vector<TokenIds>& sentences, bool dropout) override;
  std::vector<int32_t> Predict(const MaskedSentences& masked) override;
  Weights Snapshot() const override;
  LearnerState Save() const override;
  void Restore(const LearnerState& state) override;

  // Adds the gradients of the contrastive loss to the parameters', and gives the loss. In chunks,
  // kSpare computes each chunk twice, to find the gradients of all vectors before a chunk's own
  // activations are kept; kKeep keeps those of all chunks.
  enum class Memory { kSpare, kKeep };
  double ContrastiveBackward(const ContrastiveRows& rows, Memory memory);
  std::map<std::string, std::vector<float>> Gradients();

  // From now on adds the time of each part of a contrastive step to `sum`, which outlives this.
  void TimeSteps(StepTimes* sum) { times_ = sum; }

 private:
  // Every tensor of the networks and of the masked-language model's head, by the names of
  // LearnerState, always in the same order.
  template <typename Use>
  void ForEachParameter(const Use& use) {
    for (auto& [name, tensor] : network_.parameters()) use(name, tensor);
    for (auto& [name, tensor] : head_) use(name, tensor);
    if (other_ == nullptr) return;
    for (auto& [name, tensor] : other_->parameters()) use("other." + name, tensor);
  }

  // Runs `work`; as `part` of a step when steps are timed.
  template <typename Work>
  auto Timed(double StepTimes::*part, const Work& work);

  at::Tensor Vectors(const Network& network, const std::vector<TokenIds>& sentences);
  // Vectors [rows, D] of the anchors, of the positives and, where there are any, of the negatives.
  std::vector<at::Tensor> Sides(const ContrastiveRows& rows);
  // Summed over the whole vectors and over their beginnings of each of `dims`.
  at::Tensor Loss(const std::vector<at::Tensor>& sides) const;
  double Backward(const at::Tensor& loss);

  void AddOptimiser(const std::string& name, const at::Tensor& tensor);
  // BERT's prediction head: dense, GELU, LayerNorm, then the word embeddings as output matrix. It
  // serves training only and is not part of the finished model.
  void MakeHead();
  at::Tensor MaskedLoss(const MaskedSentences& masked);
  // [targets, vocabulary]
  at::Tensor MaskedLogits(const MaskedSentences& masked, DropoutStream* dropout);

  // One step of AdamW along the gradients, which are gone then.
  void Descend(double learning_rate);
  double ClippingScale();

  const Options options_;
  const Place place_;
  Network network_;
  std::unique_ptr<Network> other_;  // of a dual encoder: for all sides but the first
  DropoutStream dropout_, evaluation_dropout_;
  std::map<std::string, at::Tensor> head_;
  std::map<std::string, Optimiser> optimisers_;
  StepTimes* times_ = nullptr;
};

}  // namespace semblance::training
