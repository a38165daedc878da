#include "engine/encoder/network.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>

#include "engine/encoder/dense_internal.h"
#include "engine/encoder/embeddings.h"
#include "engine/encoder/kernels.h"
#include "engine/encoder/named_weights.h"
#include "engine/encoder/pooling.h"
#include "engine/encoder/relative_bias.h"
#include "engine/encoder/weight_names.h"

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
Dense LoadQkv(const NamedWeights& weights, const LayerNames& names, const BertConfig& config,
              std::shared_ptr<const DenseKernels> kernels) {
  std::vector<float> weight, bias;
  for (const std::string& part : {names.query, names.key, names.value}) {
    std::vector<float> w = weights.Floats(part + "weight", {config.hidden, config.hidden});
    std::vector<float> b = weights.Floats(part + "bias", {config.hidden});
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
  const LayerNames names = NamesOfLayer(config, number);
  return {LoadQkv(weights, names, config, kernels.qkv),
          LoadDense(weights, names.attention_output, kernels.attention_output),
          LoadDense(weights, names.intermediate, kernels.intermediate),
          LoadDense(weights, names.output, kernels.output),
          LoadNorm(weights, names.attention_norm, config.hidden),
          LoadNorm(weights, names.output_norm, config.hidden)};
}

// Matrices have room for RowsFor(rows) rows.
struct Buffers : Network::Workspace {
  Scratch embedded;      // [rows, embedding], of ALBERT
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
    if (config.architecture == Architecture::kAlbert) {
      const DenseShape shape{config.embedding_width(), config.hidden, Epilogue::kNone,
                             config.activation};
      mapping_ = LoadDense(weights, kMapping, std::make_shared<const DenseKernels>(shape));
    }
    if (config.architecture == Architecture::kMpnet) {
      const std::vector<float> table =
          weights.Floats(kRelativeBias, {kDistanceBuckets, config.heads});
      distance_bias_ = DistanceBias(table, config.heads, config.most_tokens());
    }
    LoadLayers(weights);
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
    if (mapping_) {
      float* embedded =
          buffers.embedded.Floats(padded * static_cast<size_t>(config_.embedding_width()));
      Embed(sentences, static_cast<size_t>(config_.embedding_width()), padded, embedded);
      mapping_->Run(embedded, hidden, static_cast<int64_t>(rows), &buffers.library);
    } else {
      Embed(sentences, width, padded, hidden);
    }
    for (float* vector : out) std::fill_n(vector, width, 0.0f);
    Collect(0, sentences, out, hidden);
    for (size_t i = 0; i < order_.size(); ++i) {
      RunLayer(layers_[order_[i]], sentences, rows, hidden, &buffers);
      Collect(static_cast<int64_t>(i) + 1, sentences, out, hidden);
    }
    float* scratch = buffers.pooled.Floats(width);
    for (float* vector : out) pooling_.Finish(vector, scratch);
  }

  uint64_t memory_bytes() const override {
    uint64_t bytes = embeddings_.memory_bytes() + pooling_.memory_bytes() +
                     distance_bias_.size() * sizeof(float);
    if (mapping_) bytes += mapping_->memory_bytes();
    for (const Layer& layer : layers_) {
      bytes += layer.qkv.memory_bytes() + layer.attention_output.memory_bytes() +
               layer.intermediate.memory_bytes() + layer.output.memory_bytes() +
               4 * static_cast<uint64_t>(config_.hidden) * sizeof(float);
    }
    return bytes;
  }

 private:
  void LoadLayers(const NamedWeights& weights) {
    if (config_.layers == 0) return;
    const LayerKernels kernels = MakeLayerKernels(config_);
    layers_.reserve(static_cast<size_t>(config_.layers));
    std::string last;
    for (int64_t i = 0; i < config_.layers; ++i) {
      const std::string name = NamesOfLayer(config_, i).query;
      if (name != last) layers_.push_back(LoadLayer(weights, i, config_, kernels));
      order_.push_back(layers_.size() - 1);
      last = name;
    }
  }

  // out [padded, width]. Rows that only fill up a kernel's size are computed with the rest; left
  // from the last group they could grow.
  void Embed(std::span<const Sentence* const> sentences, size_t width, size_t padded,
             float* out) const {
    float* const end = out + padded * width;
    for (const Sentence* sentence : sentences) {
      embeddings_.Lookup(*sentence, out);
      out += sentence->size() * width;
    }
    std::fill(out, end, 0.0f);
  }

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
      const AttentionShape shape{sentence->size(), heads, width / heads,
                                 distance_bias_.empty() ? nullptr : distance_bias_.data(),
                                 static_cast<size_t>(config_.most_tokens())};
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
  std::optional<Dense> mapping_;      // ALBERT's, from the embeddings to the first hidden state
  std::vector<float> distance_bias_;  // MPNet's, as AttentionShape has it
  std::vector<Layer> layers_;
  std::vector<size_t> order_;  // which of layers_ is run: all in turn, but ALBERT's several times
};

}  // namespace

std::unique_ptr<const Network> Network::Load(const BertConfig& config, const SafeTensors& weights) {
  return std::make_unique<BertNetwork>(config, NamedWeights(weights));
}

}  // namespace semblance::encoder
