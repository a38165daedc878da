#include "engine/encoder/layers.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "engine/encoder/dense_internal.h"
#include "engine/encoder/narrow_dense.h"
#include "engine/encoder/weight_names.h"

namespace semblance::encoder {
namespace {

// Floats behind each row of the intermediate states. Its length is mostly a multiple of the page's,
// and then the rows of a column would all fall into the same few lines of the first-level cache.
constexpr int64_t kGap = 16;

// What lies behind a row of the intermediate states: nothing where oneDNN needs them dense.
int64_t GapFor(const BertConfig& config) {
  const int64_t width = config.intermediate;
  const DenseShape into{config.hidden,     width, Epilogue::kActivation,
                        config.activation, 0,     width + kGap};
  const DenseShape from{width, config.hidden, Epilogue::kAdd, config.activation, width + kGap, 0};
  return KeepsWithStrides(into) && KeepsWithStrides(from) ? kGap : 0;
}

}  // namespace

// The four products of a layer, which all layers share.
struct LayerLoader::Kernels {
  // One product, in either way.
  struct Product {
    std::shared_ptr<const DenseKernels> dense;  // of f32
    NarrowShape narrow;                         // of the others
  };

  Kernels(const BertConfig& config, Precision computed_in, int threads)
      : narrow(NarrowKernelsFor(computed_in)), inner_stride(config.intermediate) {
    const int64_t width = config.hidden, inner = config.intermediate;
    if (narrow == nullptr) {
      inner_stride += GapFor(config);
      MakeDense(config, std::min<int64_t>(threads, kMostMembers));
    } else {
      const auto hidden = static_cast<size_t>(width), wide = static_cast<size_t>(inner);
      qkv.narrow = {.inputs = hidden, .outputs = 3 * hidden};
      attention_output.narrow = {.inputs = hidden, .outputs = hidden, .add = true};
      intermediate.narrow = {.inputs = hidden, .outputs = wide};
      output.narrow = {
          .inputs = wide, .outputs = hidden, .add = true, .activation = config.activation};
    }
  }

  void MakeDense(const BertConfig& config, int64_t members) {
    const auto make = [&](DenseShape shape) {
      shape.activation = config.activation;
      shape.parts = PartsFor(shape, members);
      return std::make_shared<const DenseKernels>(shape);
    };
    const int64_t width = config.hidden, inner = config.intermediate;
    qkv.dense = make({.inputs = width, .outputs = 3 * width});
    attention_output.dense = make({.inputs = width, .outputs = width, .epilogue = Epilogue::kAdd});
    intermediate.dense = make({.inputs = width,
                               .outputs = inner,
                               .epilogue = Epilogue::kActivation,
                               .out_stride = inner_stride});
    output.dense = make(
        {.inputs = inner, .outputs = width, .epilogue = Epilogue::kAdd, .in_stride = inner_stride});
  }

  std::unique_ptr<const Linear> Make(const Product& product, const std::vector<float>& weight,
                                     std::vector<float> bias) const {
    if (narrow == nullptr) return std::make_unique<Dense>(product.dense, weight, std::move(bias));
    return std::make_unique<NarrowDense>(*narrow, product.narrow, weight, bias);
  }

  std::unique_ptr<const Linear> Load(const NamedWeights& weights, const std::string& prefix,
                                     const Product& product, int64_t inputs,
                                     int64_t outputs) const {
    const std::vector<float> weight = weights.Floats(prefix + "weight", {outputs, inputs});
    return Make(product, weight, weights.Floats(prefix + "bias", {outputs}));
  }

  const NarrowKernels* narrow;  // nullptr: f32
  int64_t inner_stride;
  Product qkv, attention_output, intermediate, output;
};

uint64_t Layer::memory_bytes() const {
  uint64_t bytes = 0;
  for (const auto* linear : {&qkv, &attention_output, &intermediate, &output}) {
    bytes += (*linear)->memory_bytes();
  }
  return bytes + 4 * attention_norm.gain.size() * sizeof(float);
}

Norm LoadNorm(const NamedWeights& weights, const std::string& prefix, int64_t width) {
  return {weights.Floats(prefix + "weight", {width}), weights.Floats(prefix + "bias", {width})};
}

LayerLoader::LayerLoader(const BertConfig& config, Precision computed_in, int threads)
    : config_(config), kernels_(std::make_unique<Kernels>(config, computed_in, threads)) {}
LayerLoader::~LayerLoader() = default;

int64_t LayerLoader::inner_stride() const { return kernels_->inner_stride; }

size_t LayerLoader::narrow_words() const {
  if (kernels_->narrow == nullptr) return 0;
  const auto widest = static_cast<size_t>(std::max(config_.hidden, config_.intermediate));
  return NarrowDense::Words(*kernels_->narrow, widest);
}

std::unique_ptr<const Linear> LayerLoader::LoadQkv(const NamedWeights& weights,
                                                   int64_t number) const {
  const LayerNames names = NamesOfLayer(config_, number);
  std::vector<float> weight, bias;
  for (const std::string& part : {names.query, names.key, names.value}) {
    std::vector<float> w = weights.Floats(part + "weight", {config_.hidden, config_.hidden});
    std::vector<float> b = weights.Floats(part + "bias", {config_.hidden});
    if (weight.empty()) {
      const double head_size = static_cast<double>(config_.hidden / config_.heads);
      const auto scale = static_cast<float>(1.0 / std::sqrt(head_size));
      for (float& value : w) value *= scale;
      for (float& value : b) value *= scale;
    }
    weight.insert(weight.end(), w.begin(), w.end());
    bias.insert(bias.end(), b.begin(), b.end());
  }
  return kernels_->Make(kernels_->qkv, weight, std::move(bias));
}

Layer LayerLoader::Load(const NamedWeights& weights, int64_t number) const {
  const LayerNames names = NamesOfLayer(config_, number);
  const int64_t width = config_.hidden, inner = config_.intermediate;
  const Kernels& kernels = *kernels_;
  return {LoadQkv(weights, number),
          kernels.Load(weights, names.attention_output, kernels.attention_output, width, width),
          kernels.Load(weights, names.intermediate, kernels.intermediate, width, inner),
          kernels.Load(weights, names.output, kernels.output, inner, width),
          LoadNorm(weights, names.attention_norm, width),
          LoadNorm(weights, names.output_norm, width)};
}

}  // namespace semblance::encoder
