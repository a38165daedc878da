#include <ATen/Parallel.h>

#include <cstring>

#include "engine/training/learner_internal.h"
#include "engine/training/learner_module.h"

namespace semblance::training {
namespace {

std::unique_ptr<Learner> CreateLearner(const NetworkShape& shape, const Weights& weights,
                                       const Options& options) {
  if (options.threads > 0) at::set_num_threads(static_cast<int>(options.threads));
  return std::make_unique<TorchLearner>(shape, weights, options, PlaceOf(options.device));
}

std::unique_ptr<Learner> CreatePortable(const NetworkShape& shape, const Weights& weights,
                                        const Options& options, bool bfloat16) {
  if (options.threads > 0) at::set_num_threads(static_cast<int>(options.threads));
  const Place place = {at::Device(at::kCPU), Kernels::kLibTorch, bfloat16};
  return std::make_unique<TorchLearner>(shape, weights, options, place);
}

at::Tensor Leaf(std::span<const float> values, int64_t rows, int64_t dimension) {
  at::Tensor tensor = at::empty({rows, dimension}, at::kFloat);
  std::memcpy(tensor.data_ptr<float>(), values.data(), values.size_bytes());
  return tensor.set_requires_grad(true);
}

LossResult LossOf(const LossExample& example) {
  const at::Tensor anchors = Leaf(example.anchors, example.rows, example.dimension);
  const at::Tensor positives = Leaf(example.positives, example.rows, example.dimension);
  const at::Tensor negatives = example.negatives.empty()
                                   ? at::Tensor()
                                   : Leaf(example.negatives, example.rows, example.dimension);
  const ContrastiveSettings settings = {example.temperature, example.hard_negative_weight,
                                        example.symmetric};
  const at::Tensor loss = ContrastiveLoss(anchors, positives, negatives, settings);
  loss.backward();
  return {loss.item<double>(),
          ValuesOf(ContrastiveLogits(anchors, positives, negatives, settings).detach()),
          ValuesOf(anchors.grad()), ValuesOf(positives.grad()),
          negatives.defined() ? ValuesOf(negatives.grad()) : std::vector<float>()};
}

std::map<std::string, std::vector<float>> GradientsOf(const NetworkShape& shape,
                                                      const Weights& weights,
                                                      const Options& options,
                                                      const ContrastiveRows& rows, bool at_once) {
  TorchLearner learner(shape, weights, options, PlaceOf(options.device));
  learner.ContrastiveBackward(rows,
                              at_once ? TorchLearner::Memory::kKeep : TorchLearner::Memory::kSpare);
  return learner.Gradients();
}

}  // namespace
}  // namespace semblance::training

extern "C" __attribute__((visibility("default"))) const semblance::training::LearnerModule*
semblance_learner_module() {
  static const semblance::training::LearnerModule module = {
      &semblance::training::CreateLearner, &semblance::training::CreatePortable,
      &semblance::training::LossOf, &semblance::training::GradientsOf};
  return &module;
}
