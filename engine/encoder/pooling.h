// Hidden states to one vector a sentence, collected layer by layer while the network runs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/encoder/config.h"
#include "engine/encoder/kernels.h"
#include "engine/encoder/named_weights.h"

namespace semblance::encoder {

class Pooling {
 public:
  Pooling(const BertConfig& config, const NamedWeights& weights, const KernelSet& kernels);

  // What the hidden state after `layer` layers (0: the embeddings) of one sentence, rows [tokens,
  // hidden], adds to its vector, which was zeroed before the first call.
  void Collect(int64_t layer, const float* rows, size_t tokens, float* vector) const;
  // After the last layer. `scratch` has `hidden` floats.
  void Finish(float* vector, float* scratch) const;
  uint64_t memory_bytes() const { return (dense_.size() + bias_.size()) * sizeof(float); }

 private:
  // How often the state after `layer` layers counts; the counts of all layers sum to 1.
  float ShareOf(int64_t layer) const;

  const KernelSet& kernels_;
  Pooler pooler_;
  int64_t layers_;
  size_t hidden_;
  std::vector<float>
      dense_;  // [hidden, hidden] transposed: [inputs, outputs]; only for Pooler::kCls
  std::vector<float> bias_;
};

}  // namespace semblance::encoder
