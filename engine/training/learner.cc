#include <ATen/Parallel.h>
#include <torch/autograd.h>

#include <cmath>

#include "engine/training/learner_internal.h"

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

NamedTensor Named(const at::Tensor& tensor) { return {tensor.sizes().vec(), ValuesOf(tensor)}; }

ContrastiveRows RowsFrom(const ContrastiveRows& rows, size_t begin, size_t count) {
  const auto part = [&](const std::vector<TokenIds>& side) {
    const size_t end = std::min(side.size(), begin + count);
    if (begin >= end) return std::vector<TokenIds>();
    return std::vector<TokenIds>(side.begin() + static_cast<std::ptrdiff_t>(begin),
                                 side.begin() + static_cast<std::ptrdiff_t>(end));
  };
  return {part(rows.anchors), part(rows.positives), part(rows.negatives)};
}

}  // namespace

TorchLearner::TorchLearner(const NetworkShape& shape, const Weights& weights,
                           const Options& options, const Place& place)
    : options_(options),
      place_(place),
      network_(shape, weights, place),
      dropout_(options.dropout, static_cast<uint64_t>(options.seed), kTrainingDropout),
      evaluation_dropout_(options.dropout, static_cast<uint64_t>(options.seed),
                          kEvaluationDropout) {
  if (options.dual_encoder) other_ = std::make_unique<Network>(shape, weights, place);
  ForEachParameter([&](const std::string& name, at::Tensor& tensor) {
    const bool frozen = IsEmbeddingTable(name) && options.embedding_lr == 0;
    if (frozen) {
      tensor.set_requires_grad(false);
    } else {
      AddOptimiser(name, tensor);
    }
  });
}

template <typename Work>
auto TorchLearner::Timed(double StepTimes::*part, const Work& work) {
  if (times_ == nullptr) return work();
  const double start = MeasuringSeconds(place_);
  const auto result = work();
  times_->*part += MeasuringSeconds(place_) - start;
  return result;
}

double TorchLearner::ContrastiveStep(const ContrastiveRows& rows, double learning_rate) {
  double loss = ContrastiveBackward(rows, Memory::kSpare);
  if (rows.masked != nullptr && !rows.masked->original.empty()) {
    loss += Backward(MaskedLoss(*rows.masked) * options_.mlm_weight);
  }
  Descend(learning_rate);
  return loss;
}

double TorchLearner::MaskedStep(const MaskedSentences& masked, double learning_rate) {
  if (masked.original.empty()) return 0;
  const double loss = Backward(MaskedLoss(masked));
  Descend(learning_rate);
  return loss;
}

double TorchLearner::ContrastiveBackward(const ContrastiveRows& rows, Memory memory) {
  const size_t all = rows.anchors.size();
  const size_t chunk = options_.chunk > 0 ? static_cast<size_t>(options_.chunk) : all;
  if (chunk >= all) {
    return Backward(Timed(&StepTimes::forward, [&] { return Loss(Sides(rows)); }));
  }
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

std::map<std::string, std::vector<float>> TorchLearner::Gradients() {
  std::map<std::string, std::vector<float>> gradients;
  ForEachParameter([&](const std::string& name, at::Tensor& tensor) {
    if (!tensor.grad().defined()) return;
    gradients[name] = ValuesOf(tensor.grad());
  });
  return gradients;
}

std::vector<float> TorchLearner::Embed(const std::vector<TokenIds>& sentences, bool dropout) {
  const at::NoGradGuard no_gradients;
  std::vector<float> out;
  out.reserve(sentences.size() * static_cast<size_t>(network_.shape().hidden));
  for (size_t begin = 0; begin < sentences.size(); begin += kEvaluationBatch) {
    const size_t end = std::min(sentences.size(), begin + kEvaluationBatch);
    const PackedBatch batch = Pack({sentences.begin() + static_cast<std::ptrdiff_t>(begin),
                                    sentences.begin() + static_cast<std::ptrdiff_t>(end)});
    const Autocast types(place_);
    const auto states = network_.Forward(batch, dropout ? &evaluation_dropout_ : nullptr);
    const std::vector<float> vectors = ValuesOf(network_.Pool(batch, states, dropout));
    out.insert(out.end(), vectors.begin(), vectors.end());
  }
  return out;
}

std::vector<int32_t> TorchLearner::Predict(const MaskedSentences& masked) {
  const at::NoGradGuard no_gradients;
  if (masked.original.empty()) return {};
  const at::Tensor best = MaskedLogits(masked, nullptr).argmax(1).to(at::kCPU).contiguous();
  return {best.data_ptr<int64_t>(), best.data_ptr<int64_t>() + best.numel()};
}

Weights TorchLearner::Snapshot() const {
  Weights weights;
  for (const auto& [name, shape] : TensorShapes(network_.shape())) {
    weights[name] = Named(network_.parameter(name));
  }
  return weights;
}

LearnerState TorchLearner::Save() const {
  LearnerState state;
  const_cast<TorchLearner*>(this)->ForEachParameter(
      [&](const std::string& name, const at::Tensor& tensor) {
        state.weights[name] = Named(tensor);
        const auto trained = optimisers_.find(name);
        if (trained == optimisers_.end()) return;
        const Optimiser& optimiser = trained->second;
        const std::vector<int64_t> shape = tensor.sizes().vec();
        state.first[name] = {shape, optimiser.first()};
        state.second[name] = {shape, optimiser.second()};
        state.steps[name] = optimiser.steps();
      });
  state.dropout = dropout_.position();
  state.evaluation_dropout = evaluation_dropout_.position();
  return state;
}

void TorchLearner::Restore(const LearnerState& state) {
  if (state.weights.count(kHeadNames[0]) > 0) MakeHead();
  ForEachParameter([&](const std::string& name, at::Tensor& tensor) {
    const auto size = static_cast<size_t>(tensor.numel());
    const std::vector<float>& values = state.weights.at(name).values;
    TORCH_CHECK(values.size() == size, "size of ", name);
    SetValues(values, &tensor);
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

at::Tensor TorchLearner::Vectors(const Network& network, const std::vector<TokenIds>& sentences) {
  const PackedBatch batch = Pack(sentences);
  const Autocast types(place_);
  return network.Pool(batch, network.Forward(batch, &dropout_), /*training=*/true);
}

std::vector<at::Tensor> TorchLearner::Sides(const ContrastiveRows& rows) {
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

at::Tensor TorchLearner::Loss(const std::vector<at::Tensor>& sides) const {
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

double TorchLearner::Backward(const at::Tensor& loss) {
  return Timed(&StepTimes::backward, [&] {
    loss.backward();
    return loss.item<double>();
  });
}

void TorchLearner::AddOptimiser(const std::string& name, const at::Tensor& tensor) {
  optimisers_.emplace(name,
                      Optimiser(tensor, Decays(name) ? options_.weight_decay : 0, place_.kernels));
}

void TorchLearner::MakeHead() {
  if (!head_.empty()) return;
  const int64_t hidden = network_.shape().hidden;
  const auto there = at::dtype(at::kFloat).device(place_.device);
  head_[kHeadNames[0]] = at::eye(hidden, there);
  head_[kHeadNames[1]] = at::zeros({hidden}, there);
  head_[kHeadNames[2]] = at::ones({hidden}, there);
  head_[kHeadNames[3]] = at::zeros({hidden}, there);
  head_[kHeadNames[4]] = at::zeros({network_.shape().vocabulary}, there);
  for (auto& [name, tensor] : head_) {
    tensor.set_requires_grad(true);
    AddOptimiser(name, tensor);
  }
}

at::Tensor TorchLearner::MaskedLoss(const MaskedSentences& masked) {
  return at::nll_loss(at::log_softmax(MaskedLogits(masked, &dropout_), 1),
                      IndexTensor(masked.original, place_));
}

at::Tensor TorchLearner::MaskedLogits(const MaskedSentences& masked, DropoutStream* dropout) {
  MakeHead();
  const Autocast types(place_);
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
  const at::Tensor hidden = at::cat(chunks, 0).index_select(0, IndexTensor(targets, place_));
  const at::Tensor changed = at::layer_norm(
      at::gelu(at::linear(hidden, head_.at(kHeadNames[0]), head_.at(kHeadNames[1]))).to(at::kFloat),
      {network_.shape().hidden}, head_.at(kHeadNames[2]), head_.at(kHeadNames[3]),
      network_.shape().epsilon);
  return at::linear(changed, network_.parameter("embeddings.word_embeddings.weight"),
                    head_.at(kHeadNames[4]))
      .to(at::kFloat);
}

void TorchLearner::Descend(double learning_rate) {
  Timed(&StepTimes::optimiser, [&] {
    const double scale = ClippingScale();
    ForEachParameter([&](const std::string& name, at::Tensor& tensor) {
      if (!tensor.grad().defined()) return;
      const double rate = learning_rate * (IsEmbeddingTable(name) ? options_.embedding_lr : 1);
      optimisers_.at(name).Step(&tensor, scale, rate);
      tensor.mutable_grad().reset();
    });
    return scale;
  });
}

double TorchLearner::ClippingScale() {
  if (options_.clip == 0) return 1;
  if (place_.kernels == Kernels::kLibTorch) {
    // One number to wait for, not one a tensor.
    std::vector<at::Tensor> norms;
    ForEachParameter([&](const std::string&, const at::Tensor& tensor) {
      if (tensor.grad().defined()) norms.push_back(tensor.grad().norm());
    });
    const double norm = norms.empty() ? 0 : at::stack(norms).norm().item<double>();
    return norm > options_.clip ? options_.clip / norm : 1;
  }
  double squares = 0;
  ForEachParameter([&](const std::string&, const at::Tensor& tensor) {
    if (tensor.grad().defined()) squares += std::pow(tensor.grad().norm().item<double>(), 2);
  });
  const double norm = std::sqrt(squares);
  return norm > options_.clip ? options_.clip / norm : 1;
}

}  // namespace semblance::training
