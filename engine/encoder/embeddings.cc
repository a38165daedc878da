#include "engine/encoder/embeddings.h"

#include <algorithm>

namespace semblance::encoder {

Embeddings::Embeddings(const BertConfig& config, const NamedWeights& weights,
                       const KernelSet& kernels)
    : kernels_(kernels),
      hidden_(static_cast<size_t>(config.hidden)),
      epsilon_(static_cast<float>(config.epsilon)) {
  const TensorView& words =
      weights.View("embeddings.word_embeddings.weight", {config.vocabulary, config.hidden});
  word_type_ = words.dtype;
  if (word_type_ == DType::kF32) {
    words_ = words.ToFloats();
  } else {
    narrow_words_ = words.ToNarrow();
  }
  positions_ =
      weights.Floats("embeddings.position_embeddings.weight", {config.positions, config.hidden});
  const std::vector<float> types = weights.Floats("embeddings.token_type_embeddings.weight",
                                                  {config.token_types, config.hidden});
  for (size_t i = 0; i < positions_.size(); ++i) positions_[i] += types[i % hidden_];
  gain_ = weights.Floats("embeddings.LayerNorm.weight", {config.hidden});
  bias_ = weights.Floats("embeddings.LayerNorm.bias", {config.hidden});
}

void Embeddings::CopyWord(size_t id, float* out) const {
  switch (word_type_) {
    case DType::kF32:
      std::copy_n(words_.data() + id * hidden_, hidden_, out);
      break;
    case DType::kF16:
      kernels_.widen_half(narrow_words_.data() + id * hidden_, hidden_, out);
      break;
    case DType::kBF16:
      kernels_.widen_bfloat16(narrow_words_.data() + id * hidden_, hidden_, out);
      break;
  }
}

void Embeddings::Lookup(const std::vector<int32_t>& ids, float* out) const {
  for (size_t t = 0; t < ids.size(); ++t) {
    float* row = out + t * hidden_;
    CopyWord(static_cast<size_t>(ids[t]), row);
    kernels_.add_scaled(positions_.data() + t * hidden_, 1.0f, hidden_, row);
  }
  kernels_.layer_norm(out, ids.size(), hidden_, gain_.data(), bias_.data(), epsilon_);
}

uint64_t Embeddings::memory_bytes() const {
  return (words_.size() + positions_.size() + 2 * hidden_) * sizeof(float) +
         narrow_words_.size() * sizeof(uint16_t);
}

}  // namespace semblance::encoder
