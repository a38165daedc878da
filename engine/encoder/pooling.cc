#include "engine/encoder/pooling.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "engine/encoder/weight_names.h"

namespace semblance::encoder {

Pooling::Pooling(const BertConfig& config, const NamedWeights& weights, const KernelSet& kernels)
    : kernels_(kernels),
      pooler_(config.pooler),
      layers_(config.layers),
      hidden_(static_cast<size_t>(config.hidden)) {
  if (pooler_ != Pooler::kCls) return;
  const std::string name = PoolerPrefix(config.architecture);
  if (!weights.Has(name + "weight")) {
    throw Error(
        ErrorKind::kMissing,
        "the pooler \"cls\" needs " + name +
            "weight, which the model lacks; \"cls_before_pooler\" and \"avg\" need nothing");
  }
  const std::vector<float> dense = weights.Floats(name + "weight", {config.hidden, config.hidden});
  bias_ = weights.Floats(name + "bias", {config.hidden});
  dense_.resize(dense.size());
  for (size_t i = 0; i < hidden_; ++i) {
    for (size_t j = 0; j < hidden_; ++j) dense_[j * hidden_ + i] = dense[i * hidden_ + j];
  }
}

float Pooling::ShareOf(int64_t layer) const {
  const int64_t last = layers_;
  int64_t other = last;
  if (pooler_ == Pooler::kAvgTop2) other = std::max<int64_t>(last - 1, 0);
  // The first layer's output; without layers there are the embeddings alone.
  if (pooler_ == Pooler::kAvgFirstLast) other = std::min<int64_t>(1, last);
  return (layer == last ? 0.5f : 0.0f) + (layer == other ? 0.5f : 0.0f);
}

void Pooling::Collect(int64_t layer, const float* rows, size_t tokens, float* vector) const {
  const float share = ShareOf(layer);
  if (share == 0.0f) return;
  if (pooler_ == Pooler::kCls || pooler_ == Pooler::kClsBeforePooler) {
    std::copy_n(rows, hidden_, vector);
    return;
  }
  const float factor = share / static_cast<float>(tokens);
  for (size_t t = 0; t < tokens; ++t) {
    kernels_.add_scaled(rows + t * hidden_, factor, hidden_, vector);
  }
}

void Pooling::Finish(float* vector, float* scratch) const {
  if (pooler_ != Pooler::kCls) return;
  std::copy(bias_.begin(), bias_.end(), scratch);
  for (size_t j = 0; j < hidden_; ++j) {
    kernels_.add_scaled(dense_.data() + j * hidden_, vector[j], hidden_, scratch);
  }
  for (size_t i = 0; i < hidden_; ++i) vector[i] = std::tanh(scratch[i]);
}

}  // namespace semblance::encoder
