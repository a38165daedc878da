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
    if (options.dual_encoder) other_ = std::make_unique<Network>(shape, weights);
    ForEachParameter([&](const std::string& name, at::Tensor& tensor) {
      const bool frozen = IsEmbeddingTable(name) && options.embedding_lr == 0;
      if (frozen) {
        tensor.set_requires_grad(false);
      } else {
        AddOptimiser(name, tensor);
      }
    });
  }

  double ContrastiveStep(const ContrastiveRows& rows, double learning_rate) override {
    double loss = ContrastiveBackward(rows, Memory::kSpare);
    if (rows.masked != nullptr && !rows.masked->original.empty()) {
      loss += Backward(MaskedLoss(*rows.masked) * options_.mlm_weight);
    }
    Descend(learning_rate);
    return loss;
  }

  double MaskedStep(const MaskedSentences& masked, double learning_rate) override {
    if (masked.original.empty()) return 0;
    const double loss = Backward(MaskedLoss(masked));
    Descend(learning_rate);
    return loss;
  }

  // Adds the gradients of the contrastive loss to the parameters', and gives the loss. In chunks,
  // kSpare computes each chunk twice, to find the gradients of all vectors before a chunk's own
  // activations are kept; kKeep keeps those of all chunks.
  enum class Memory { kSpare, kKeep };
  double ContrastiveBackward(const ContrastiveRows& rows, Memory memory) {
    const size_t all = rows.anchors.size();
    const size_t chunk = options_.chunk > 0 ? static_cast<size_t>(options_.chunk) : all;
    if (chunk >= all) return Backward(Loss(Sides(rows)));
    std::vector<uint64_t> masks;                 // where each chunk's dropout begins
    std::vector<std::vector<at::Tensor>> parts;  // [side][chunk]
    {
      const torch::AutoGradMode mode(memory == Memory::kKeep);
      for (size_t begin = 0; begin < all; begin += chunk) {
        masks.push_back(dropout_.position());
        const std::vector<at::Tensor> sides = Sides(RowsFrom(rows, begin, chunk));
        parts.resize(sides.size());
        for (size_t side = 0; side < sides.size(); ++side) parts[side].push_back(sides[side]);
      }
    }
    std::vector<at::Tensor> vectors;
    for (const std::vector<at::Tensor>& side : parts) {
      const at::Tensor whole = at::cat(side, 0);
      vectors.push_back(memory == Memory::kKeep ? whole : whole.set_requires_grad(true));
    }
    const double loss = Backward(Loss(vectors));
    if (memory == Memory::kKeep) return loss;
    for (size_t i = 0; i < masks.size(); ++i) {
      dropout_.Seek(masks[i]);
      const std::vector<at::Tensor> sides = Sides(RowsFrom(rows, i * chunk, chunk));
      std::vector<at::Tensor> gradients;
      for (size_t side = 0; side < sides.size(); ++side) {
        gradients.push_back(
            vectors[side].grad().narrow(0, static_cast<int64_t>(i * chunk), sides[side].size(0)));
      }
      torch::autograd::backward(sides, gradients);
    }
    return loss;
  }

  std::map<std::string, std::vector<float>> Gradients() {
    std::map<std::string, std::vector<float>> gradients;
    ForEachParameter([&](const std::string& name, at::Tensor& tensor) {
      if (!tensor.grad().defined()) return;
      const at::Tensor dense = tensor.grad().contiguous();
      const float* values = dense.data_ptr<float>();
      gradients[name].assign(values, values + dense.numel());
    });
    return gradients;
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

  std::vector<int32_t> Predict(const MaskedSentences& masked) override {
    const at::NoGradGuard no_gradients;
    if (masked.original.empty()) return {};
    const at::Tensor best = MaskedLogits(masked, nullptr).argmax(1).contiguous();
    return {best.data_ptr<int64_t>(), best.data_ptr<int64_t>() + best.numel()};
  }

  Weights Snapshot() const override {
    Weights weights;
    for (const auto& [name, shape] : TensorShapes(network_.shape())) {
      weights[name] = Named(network_.parameter(name));
    }
    return weights;
  }

  LearnerState Save() const override {
    LearnerState state;
    const_cast<TorchLearner*>(this)->ForEachParameter(
        [&](const std::string& name, const at::Tensor& tensor) {
          state.weights[name] = Named(tensor);
          const auto trained = optimisers_.find(name);
          if (trained == optimisers_.end()) return;
          const AdamW& optimiser = trained->second;
          const std::vector<int64_t> shape = tensor.sizes().vec();
          state.first[name] = {shape, optimiser.first()};
          state.second[name] = {shape, optimiser.second()};
          state.steps[name] = optimiser.steps();
        });
    state.dropout = dropout_.position();
    state.evaluation_dropout = evaluation_dropout_.position();
    return state;
  }

  void Restore(const LearnerState& state) override {
    if (state.weights.count(kHeadNames[0]) > 0) MakeHead();
    ForEachParameter([&](const std::string& name, at::Tensor& tensor) {
      const auto size = static_cast<size_t>(tensor.numel());
      const std::vector<float>& values = state.weights.at(name).values;
      TORCH_CHECK(values.size() == size, "size of ", name);
      std::memcpy(tensor.data_ptr<float>(), values.data(), size * sizeof(float));
      const auto trained = optimisers_.find(name);
      if (trained == optimisers_.end()) return;
      const std::vector<float>&first = state.first.at(name).values,
            &second = state.second.at(name).values;
      TORCH_CHECK(first.size() == size && second.size() == size, "size of moments of ", name);
      trained->second.Restore(state.steps.at(name), first, second);
    });
    dropout_.Seek(state.dropout);
    evaluation_dropout_.Seek(state.evaluation_dropout);
  }

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

  static NamedTensor Named(const at::Tensor& tensor) {
    const float* values = tensor.data_ptr<float>();
    return {tensor.sizes().vec(), std::vector<float>(values, values + tensor.numel())};
  }

  static ContrastiveRows RowsFrom(const ContrastiveRows& rows, size_t begin, size_t count) {
    const auto part = [&](const std::vector<TokenIds>& side) {
      const size_t end = std::min(side.size(), begin + count);
      if (begin >= end) return std::vector<TokenIds>();
      return std::vector<TokenIds>(side.begin() + static_cast<std::ptrdiff_t>(begin),
                                   side.begin() + static_cast<std::ptrdiff_t>(end));
    };
    return {part(rows.anchors), part(rows.positives), part(rows.negatives)};
  }

  at::Tensor Vectors(const Network& network, const std::vector<TokenIds>& sentences) {
    const PackedBatch batch = Pack(sentences);
    return network.Pool(batch, network.Forward(batch, &dropout_), /*training=*/true);
  }

  // Vectors [rows, D] of the anchors, of the positives and, where there are any, of the negatives.
  std::vector<at::Tensor> Sides(const ContrastiveRows& rows) {
    const auto count = static_cast<int64_t>(rows.anchors.size());
    std::vector<TokenIds> others = rows.positives;
    others.insert(others.end(), rows.negatives.begin(), rows.negatives.end());
    if (!options_.fixed_mask && other_ == nullptr) {
      std::vector<TokenIds> sentences = rows.anchors;
      sentences.insert(sentences.end(), others.begin(), others.end());
      return Vectors(network_, sentences).split(count, 0);
    }
    const uint64_t masks = dropout_.position();
    std::vector<at::Tensor> sides = {Vectors(network_, rows.anchors)};
    if (options_.fixed_mask) dropout_.Seek(masks);
    const Network& network = other_ != nullptr ? *other_ : network_;
    for (const at::Tensor& side : Vectors(network, others).split(count, 0)) sides.push_back(side);
    return sides;
  }

  // Summed over the whole vectors and over their beginnings of each of `dims`.
  at::Tensor Loss(const std::vector<at::Tensor>& sides) const {
    const ContrastiveSettings settings = {options_.temperature, options_.hard_negative_weight,
                                          options_.sym};
    const auto loss_at = [&](int64_t width) {
      const auto beginning = [&](size_t side) { return sides[side].narrow(1, 0, width); };
      return ContrastiveLoss(beginning(0), beginning(1),
                             sides.size() > 2 ? beginning(2) : at::Tensor(), settings);
    };
    at::Tensor loss = loss_at(network_.shape().hidden);
    for (const int64_t width : options_.dims) loss = loss + loss_at(width);
    return loss;
  }

  static double Backward(const at::Tensor& loss) {
    loss.backward();
    return loss.item<double>();
  }

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
    return at::nll_loss(at::log_softmax(MaskedLogits(masked, &dropout_), 1),
                        at::tensor(masked.original, at::kLong));
  }

  // [targets, vocabulary]
  at::Tensor MaskedLogits(const MaskedSentences& masked, DropoutStream* dropout) {
    MakeHead();
    std::vector<TokenIds> sentences(masked.sentences.begin(), masked.sentences.end());
    const PackedBatch batch = Pack(sentences);
    std::vector<at::Tensor> chunks;
    for (const Network::States& states : network_.Forward(batch, dropout))
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
    return at::linear(changed, network_.parameter("embeddings.word_embeddings.weight"),
                      head_.at(kHeadNames[4]));
  }

  // One step of AdamW along the gradients, which are gone then.
  void Descend(double learning_rate) {
    const double scale = ClippingScale();
    ForEachParameter([&](const std::string& name, at::Tensor& tensor) {
      const at::Tensor gradient = tensor.grad();
      if (!gradient.defined()) return;
      const double rate = learning_rate * (IsEmbeddingTable(name) ? options_.embedding_lr : 1);
      const at::Tensor dense = gradient.contiguous();
      optimisers_.at(name).Step(tensor.data_ptr<float>(), dense.data_ptr<float>(), scale, rate);
      tensor.mutable_grad().reset();
    });
  }

  double ClippingScale() {
    if (options_.clip == 0) return 1;
    double squares = 0;
    ForEachParameter([&](const std::string&, const at::Tensor& tensor) {
      if (tensor.grad().defined()) squares += std::pow(tensor.grad().norm().item<double>(), 2);
    });
    const double norm = std::sqrt(squares);
    return norm > options_.clip ? options_.clip / norm : 1;
  }

  const Options options_;
  Network network_;
  std::unique_ptr<Network> other_;  // of a dual encoder: for all sides but the first
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

std::map<std::string, std::vector<float>> GradientsOf(const NetworkShape& shape,
                                                      const Weights& weights,
                                                      const Options& options,
                                                      const ContrastiveRows& rows, bool at_once) {
  TorchLearner learner(shape, weights, options);
  learner.ContrastiveBackward(rows,
                              at_once ? TorchLearner::Memory::kKeep : TorchLearner::Memory::kSpare);
  return learner.Gradients();
}

}  // namespace
}  // namespace semblance::training

extern "C" __attribute__((visibility("default"))) const semblance::training::LearnerModule*
semblance_learner_module() {
  static const semblance::training::LearnerModule module = {&semblance::training::CreateLearner,
                                                            &semblance::training::LossOf,
                                                            &semblance::training::GradientsOf};
  return &module;
}
