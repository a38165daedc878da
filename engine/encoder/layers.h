// The layers of a network: their weights, loaded and packed for the precision they are computed in.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "engine/encoder/config.h"
#include "engine/encoder/linear.h"
#include "engine/encoder/named_weights.h"
#include "engine/encoder/precision.h"

namespace semblance::encoder {

// Threads that may share one group: more do not make one sentence faster, and small parts make many
// slower.
inline constexpr int64_t kMostMembers = 4;

struct Norm {
  std::vector<float> gain, bias;
};

struct Layer {
  // The intermediate states get their activation behind `intermediate` in f32, and else in front of
  // `output`.
  std::unique_ptr<const Linear> qkv, attention_output, intermediate, output;
  Norm attention_norm, output_norm;

  uint64_t memory_bytes() const;
};

Norm LoadNorm(const NamedWeights& weights, const std::string& prefix, int64_t width);

class LayerLoader {
 public:
  // `config` outlives this.
  LayerLoader(const BertConfig& config, Precision computed_in, int threads);
  ~LayerLoader();

  // Throws kMissing or kCorruption, naming the tensor.
  Layer Load(const NamedWeights& weights, int64_t number) const;
  // From one row of the intermediate states to the next, in floats.
  int64_t inner_stride() const;
  // 32-bit words of the widest row that is made narrow; 0 in f32.
  size_t narrow_words() const;

 private:
  struct Kernels;

  // Queries, keys and values in one product; queries are scaled here so that attention need not.
  std::unique_ptr<const Linear> LoadQkv(const NamedWeights& weights, int64_t number) const;

  // Constant after construction.
  const BertConfig& config_;
  std::unique_ptr<const Kernels> kernels_;
};

}  // namespace semblance::encoder
