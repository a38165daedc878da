#include "engine/encoder/network.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "engine/encoder/dense_internal.h"
#include "engine/encoder/embeddings.h"
#include "engine/encoder/kernels.h"
#include "engine/encoder/named_weights.h"
#include "engine/encoder/pooling.h"

namespace semblance::encoder {
namespace {

// The kernels of the four products of a layer, which all layers share.
struct LayerKernels {
  std::shared_ptr<const DenseKernels> qkv, attention_output, intermediate, output;
};

LayerKernels MakeLayerKernels(const BertConfig& config) {
  const auto make = [&](int64_t inputs, int64_t outputs, Epilogue epilogue) {
    return std::make_shared<const DenseKernels>(
        DenseShape{inputs, outputs, epilogue, config.activation});
  };
  return {make(config.hidden, 3 * config.hidden, Epilogue::kNone),
          make(config.hidden, config.hidden, Epilogue::kAdd),
          make(config.hidden, config.intermediate, Epilogue::kActivation),
          make(config.intermediate, config.hidden, Epilogue::kAdd)};
}

struct Norm {
  std::vector<float> gain, bias;
};

struct Layer {
  Dense qkv, attention_output, intermediate, output;
  Norm attention_norm, output_norm;
};

Norm LoadNorm(const NamedWeights& weights, const std::string& prefix, int64_t width) {
  return {weights.Floats(prefix + "weight", {width}), weights.Floats(prefix + "bias", {width})};
}

Dense LoadDense(const NamedWeights& weights, const std::string& prefix,
                std::shared_ptr<const DenseKernels> kernels) {
  const int64_t inputs = kernels->shape().inputs, outputs = kernels->shape().outputs;
  const std::vector<float> weight = weights.Floats(prefix + "weight", {outputs, inputs});
  return Dense(std::move(kernels), weight, weights.Floats(prefix + "bias", {outputs}));
}

// Queries, keys and values in one product; queries are scaled here so that attention need not.
Dense LoadQkv(const NamedWeights& weights, const std::string& prefix, const BertConfig& config,
              std::shared_ptr<const DenseKernels> kernels) {
  std::vector<float> weight, bias;
  for (const char* part : {"query.", "key.", "value."}) {
    std::vector<float> w = weights.Floats(prefix + part + "weight", {config.hidden, config.hidden});
    std::vector<float> b = weights.Floats(prefix + part + "bias", {config.hidden});
    if (weight.empty()) {
      const double head_size = static_cast<double>(config.hidden / config.heads);
      const auto scale = static_cast<float>(1.0 / std::sqrt(head_size));
      for (float& value : w) value *= scale;
      for (float& value : b) value *= scale;
    }
    weight.insert(weight.end(), w.begin(), w.end());
    bias.insert(bias.end(), b.begin(), b.end());
  }
  return Dense(std::move(kernels), weight, std::move(bias));
}

Layer LoadLayer(const NamedWeights& weights, int64_t number, const BertConfig& config,
                const LayerKernels& kernels) {
  const std::string prefix = "encoder.layer." + std::to_string(number) + ".";
  const int64_t hidden = config.hidden;
  return {LoadQkv(weights, prefix + "attention.self.", config, kernels.qkv),
          LoadDense(weights, prefix + "attention.output.dense.", kernels.attention_output),
          LoadDense(weights, prefix + "intermediate.dense.", kernels.intermediate),
          LoadDense(weights, prefix + "output.dense.", kernels.output),
          LoadNorm(weights, prefix + "attention.output.LayerNorm.", hidden),
          LoadNorm(weights, prefix + "output.LayerNorm.", hidden)};
}

// Matrices have room for RowsFor(rows) rows.
struct Buffers : Network::Workspace {
  Scratch hidden;        // [rows, hidden]
  Scratch qkv;           // [rows, 3 * hidden]
  Scratch context;       // [rows, hidden]
  Scratch intermediate;  // [rows, intermediate]
  Scratch attention;     // of the longest sentence
  Scratch library;       // oneDNN's
  Scratch pooled;        // [hidden]
};

class BertNetwork : public Network {
 public:
  BertNetwork(const BertConfig& config, const NamedWeights& weights)
      : config_(config),
        kernels_(BestKernels()),
        embeddings_(config, weights, kernels_),
        pooling_(config, weights, kernels_) {
    if (config.layers == 0) return;
    const LayerKernels kernels = MakeLayerKernels(config);
    layers_.reserve(static_cast<size_t>(config.layers));
    for (int64_t i = 0; i < config.layers; ++i) {
      layers_.push_back(LoadLayer(weights, i, config, kernels));
    }
  }

  std::unique_ptr<Workspace> MakeWorkspace() const override { return std::make_unique<Buffers>(); }

  void Run(std::span<const Sentence* const> sentences, std::span<float* const> out,
           Workspace* workspace) const override {
    auto& buffers = static_cast<Buffers&>(*workspace);
    const auto width = static_cast<size_t>(config_.hidden);
    size_t rows = 0;
    for (const Sentence* sentence : sentences) rows += sentence->size();
    const auto padded = static_cast<size_t>(RowsFor(static_cast<int64_t>(rows)));
    float* hidden = buffers.hidden.Floats(padded * width);
    // Rows that only fill up a kernel's size are computed with the rest; left from the last group
    // they could grow.
    std::fill(hidden + rows * width, hidden + padded * width, 0.0f);
    size_t row = 0;
    for (const Sentence* sentence : sentences) {
      embeddings_.Lookup(*sentence, hidden + row * width);
      row += sentence->size();
    }
    for (float* vector : out) std::fill_n(vector, width, 0.0f);
    Collect(0, sentences, out, hidden);
    for (size_t i = 0; i < layers_.size(); ++i) {
      RunLayer(layers_[i], sentences, rows, hidden, &buffers);
      Collect(static_cast<int64_t>(i) + 1, sentences, out, hidden);
    }
    float* scratch = buffers.pooled.Floats(width);
    for (float* vector : out) pooling_.Finish(vector, scratch);
  }

  uint64_t memory_bytes() const override {
    uint64_t bytes = embeddings_.memory_bytes() + pooling_.memory_bytes();
    for (const Layer& layer : layers_) {
      bytes += layer.qkv.memory_bytes() + layer.attention_output.memory_bytes() +
               layer.intermediate.memory_bytes() + layer.output.memory_bytes() +
               4 * static_cast<uint64_t>(config_.hidden) * sizeof(float);
    }
    return bytes;
  }

 private:
  void Collect(int64_t layer, std::span<const Sentence* const> sentences,
               std::span<float* const> out, const float* hidden) const {
    for (size_t i = 0; i < sentences.size(); ++i) {
      pooling_.Collect(layer, hidden, sentences[i]->size(), out[i]);
      hidden += sentences[i]->size() * static_cast<size_t>(config_.hidden);
    }
  }

  // In place.
  void Normalise(const Norm& norm, size_t rows, float* hidden) const {
    kernels_.layer_norm(hidden, rows, static_cast<size_t>(config_.hidden), norm.gain.data(),
                        norm.bias.data(), static_cast<float>(config_.epsilon));
  }

  void Attend(std::span<const Sentence* const> sentences, const float* qkv, float* context,
              Scratch* scratch) const {
    const auto width = static_cast<size_t>(config_.hidden);
    const auto heads = static_cast<size_t>(config_.heads);
    for (const Sentence* sentence : sentences) {
      const AttentionShape shape{sentence->size(), heads, width / heads};
      kernels_.attention(shape, qkv, context, scratch->Floats(kernels_.attention_scratch(shape)));
      qkv += sentence->size() * 3 * width;
      context += sentence->size() * width;
    }
  }

  // hidden [rows, hidden] in place.
  void RunLayer(const Layer& layer, std::span<const Sentence* const> sentences, size_t rows,
                float* hidden, Buffers* buffers) const {
    const auto count = static_cast<int64_t>(rows);
    const auto padded = static_cast<size_t>(RowsFor(count));
    const auto width = static_cast<size_t>(config_.hidden);
    float* qkv = buffers->qkv.Floats(padded * 3 * width);
    float* context = buffers->context.Floats(padded * width);
    float* intermediate =
        buffers->intermediate.Floats(padded * static_cast<size_t>(config_.intermediate));
    layer.qkv.Run(hidden, qkv, count, &buffers->library);
    Attend(sentences, qkv, context, &buffers->attention);
    layer.attention_output.Run(context, hidden, count, &buffers->library);
    Normalise(layer.attention_norm, rows, hidden);
    layer.intermediate.Run(hidden, intermediate, count, &buffers->library);
    layer.output.Run(intermediate, hidden, count, &buffers->library);
    Normalise(layer.output_norm, rows, hidden);
  }

  // Constant after construction.
  BertConfig config_;
  const KernelSet& kernels_;
  Embeddings embeddings_;
  Pooling pooling_;
  std::vector<Layer> layers_;
};

}  // namespace

std::unique_ptr<const Network> Network::Load(const BertConfig& config, const SafeTensors& weights) {
  return std::make_unique<BertNetwork>(config, NamedWeights(weights));
}

}  // namespace semblance::encoder
