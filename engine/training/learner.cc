#include "engine/training/learner.h"

#include <ATen/Parallel.h>
#include <torch/autograd.h>

#include <cmath>
#include <cstring>

#include "engine/training/adamw.h"
#include "engine/training/contrastive_internal.h"
#include "engine/training/learner_module.h"
#include "engine/training/network_internal.h"

namespace semblance::training {
namespace {

constexpr size_t kEvaluationBatch = 256;
constexpr uint64_t kTrainingDropout = 1;
constexpr uint64_t kEvaluationDropout = 2;

const char* const kHeadNames[] = {"mlm.dense.weight", "mlm.dense.bias", "mlm.LayerNorm.weight",
                                  "mlm.LayerNorm.bias", "mlm.decoder.bias"};

bool Decays(const std::string& name) {
  return name.find("bias") == std::string::npos && name.find("LayerNorm") == std::string::npos;
}
bool IsEmbeddingTable(const std::string& name) {
  return name.find("_embeddings.weight") != std::string::npos;
}

class TorchLearner : public Learner {
 public:
  TorchLearner(const NetworkShape& shape, const Weights& weights, const Options& options)
      : options_(options),
        network_(shape, weights),
        dropout_(options.dropout, static_cast<uint64_t>(options.seed), kTrainingDropout),
        evaluation_dropout_(options.dropout, static_cast<uint64_t>(options.seed),
                            kEvaluationDropout) {
    for (auto& [name, tensor] : network_.parameters()) {
      const bool frozen = IsEmbeddingTable(name) && options.embedding_lr == 0;
      if (frozen) {
        tensor.set_requires_grad(false);
      } else {
        AddOptimiser(name, tensor);
      }
    }
  }

  double ContrastiveStep(const ContrastiveRows& rows, double learning_rate) override {
    std::vector<TokenIds> sentences = rows.anchors;
    sentences.insert(sentences.end(), rows.positives.begin(), rows.positives.end());
    sentences.insert(sentences.end(), rows.negatives.begin(), rows.negatives.end());
    const PackedBatch batch = Pack(sentences);
    const at::Tensor vectors =
        network_.Pool(batch, network_.Forward(batch, &dropout_), /*training=*/true);
    const std::vector<at::Tensor> sides =
        vectors.split(static_cast<int64_t>(rows.anchors.size()), 0);
    const ContrastiveSettings settings = {options_.temperature, options_.hard_negative_weight,
                                          options_.sym};
    at::Tensor loss =
        ContrastiveLoss(sides[0], sides[1], sides.size() > 2 ? sides[2] : at::Tensor(), settings);
    if (rows.masked != nullptr && !rows.masked->original.empty()) {
      loss = loss + MaskedLoss(*rows.masked) * options_.mlm_weight;
    }
    return Descend(loss, learning_rate);
  }

  double MaskedStep(const MaskedSentences& masked, double learning_rate) override {
    if (masked.original.empty()) return 0;
    return Descend(MaskedLoss(masked), learning_rate);
  }

  std::vector<float> Embed(const std::vector<TokenIds>& sentences, bool dropout) override {
    const at::NoGradGuard no_gradients;
    std::vector<float> out;
    out.reserve(sentences.size() * static_cast<size_t>(network_.shape().hidden));
    for (size_t begin = 0; begin < sentences.size(); begin += kEvaluationBatch) {
      const size_t end = std::min(sentences.size(), begin + kEvaluationBatch);
      const PackedBatch batch = Pack({sentences.begin() + static_cast<std::ptrdiff_t>(begin),
                                      sentences.begin() + static_cast<std::ptrdiff_t>(end)});
      const auto states = network_.Forward(batch, dropout ? &evaluation_dropout_ : nullptr);
      const at::Tensor vectors = network_.Pool(batch, states, dropout).contiguous();
      const float* values = vectors.data_ptr<float>();
      out.insert(out.end(), values, values + vectors.numel());
    }
    return out;
  }

  Weights Snapshot() const override {
    Weights weights;
    for (const auto& [name, shape] : TensorShapes(network_.shape())) {
      const at::Tensor& tensor = network_.parameter(name);
      const float* values = tensor.data_ptr<float>();
      weights[name] = {shape, std::vector<float>(values, values + tensor.numel())};
    }
    return weights;
  }

 private:
  void AddOptimiser(const std::string& name, const at::Tensor& tensor) {
    optimisers_.emplace(name, AdamW(tensor.numel(), Decays(name) ? options_.weight_decay : 0, {}));
  }

  // BERT's prediction head: dense, GELU, LayerNorm, then the word embeddings as output matrix. It
  // serves training only and is not part of the finished model.
  void MakeHead() {
    if (!head_.empty()) return;
    const int64_t hidden = network_.shape().hidden;
    head_[kHeadNames[0]] = at::eye(hidden, at::kFloat);
    head_[kHeadNames[1]] = at::zeros({hidden}, at::kFloat);
    head_[kHeadNames[2]] = at::ones({hidden}, at::kFloat);
    head_[kHeadNames[3]] = at::zeros({hidden}, at::kFloat);
    head_[kHeadNames[4]] = at::zeros({network_.shape().vocabulary}, at::kFloat);
    for (auto& [name, tensor] : head_) {
      tensor.set_requires_grad(true);
      AddOptimiser(name, tensor);
    }
  }

  at::Tensor MaskedLoss(const MaskedSentences& masked) {
    MakeHead();
    std::vector<TokenIds> sentences(masked.sentences.begin(), masked.sentences.end());
    const PackedBatch batch = Pack(sentences);
    std::vector<at::Tensor> chunks;
    for (const Network::States& states : network_.Forward(batch, &dropout_))
      chunks.push_back(states.last);
    // Where each sentence begins among the packed tokens.
    std::vector<int64_t> begin(sentences.size());
    int64_t at_token = 0;
    for (const int64_t sentence : batch.source) {
      begin[static_cast<size_t>(sentence)] = at_token;
      at_token += static_cast<int64_t>(sentences[static_cast<size_t>(sentence)].size());
    }
    std::vector<int64_t> targets;
    for (size_t i = 0; i < masked.original.size(); ++i) {
      targets.push_back(begin[static_cast<size_t>(masked.sentence[i])] + masked.position[i]);
    }
    const at::Tensor hidden = at::cat(chunks, 0).index_select(0, at::tensor(targets, at::kLong));
    const at::Tensor changed = at::layer_norm(
        at::gelu(at::linear(hidden, head_.at(kHeadNames[0]), head_.at(kHeadNames[1]))),
        {network_.shape().hidden}, head_.at(kHeadNames[2]), head_.at(kHeadNames[3]),
        network_.shape().epsilon);
    const at::Tensor logits = at::linear(
        changed, network_.parameter("embeddings.word_embeddings.weight"), head_.at(kHeadNames[4]));
    return at::nll_loss(at::log_softmax(logits, 1), at::tensor(masked.original, at::kLong));
  }

  double Descend(const at::Tensor& loss, double learning_rate) {
    loss.backward();
    const double scale = ClippingScale();
    for (auto* group : {&network_.parameters(), &head_}) {
      for (auto& [name, tensor] : *group) {
        const at::Tensor gradient = tensor.grad();
        if (!gradient.defined()) continue;
        const double rate = learning_rate * (IsEmbeddingTable(name) ? options_.embedding_lr : 1);
        const at::Tensor dense = gradient.contiguous();
        optimisers_.at(name).Step(tensor.data_ptr<float>(), dense.data_ptr<float>(), scale, rate);
        tensor.mutable_grad().reset();
      }
    }
    return loss.item<double>();
  }

  double ClippingScale() {
    if (options_.clip == 0) return 1;
    double squares = 0;
    for (auto* group : {&network_.parameters(), &head_}) {
      for (auto& [name, tensor] : *group) {
        if (tensor.grad().defined()) squares += std::pow(tensor.grad().norm().item<double>(), 2);
      }
    }
    const double norm = std::sqrt(squares);
    return norm > options_.clip ? options_.clip / norm : 1;
  }

  const Options options_;
  Network network_;
  DropoutStream dropout_, evaluation_dropout_;
  std::map<std::string, at::Tensor> head_;
  std::map<std::string, AdamW> optimisers_;
};

}  // namespace

namespace {

std::unique_ptr<Learner> CreateLearner(const NetworkShape& shape, const Weights& weights,
                                       const Options& options) {
  if (options.threads > 0) at::set_num_threads(static_cast<int>(options.threads));
  return std::make_unique<TorchLearner>(shape, weights, options);
}

at::Tensor Leaf(std::span<const float> values, int64_t rows, int64_t dimension) {
  at::Tensor tensor = at::empty({rows, dimension}, at::kFloat);
  std::memcpy(tensor.data_ptr<float>(), values.data(), values.size_bytes());
  return tensor.set_requires_grad(true);
}

std::vector<float> Values(const at::Tensor& tensor) {
  if (!tensor.defined()) return {};
  const at::Tensor dense = tensor.contiguous();
  return std::vector<float>(dense.data_ptr<float>(), dense.data_ptr<float>() + dense.numel());
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
          Values(ContrastiveLogits(anchors, positives, negatives, settings).detach()),
          Values(anchors.grad()), Values(positives.grad()),
          negatives.defined() ? Values(negatives.grad()) : std::vector<float>()};
}

}  // namespace
}  // namespace semblance::training

extern "C" __attribute__((visibility("default"))) const semblance::training::LearnerModule*
semblance_learner_module() {
  static const semblance::training::LearnerModule module = {&semblance::training::CreateLearner,
                                                            &semblance::training::LossOf};
  return &module;
}
