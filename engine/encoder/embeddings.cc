#include "engine/encoder/embeddings.h"

#include <algorithm>

namespace semblance::encoder {

Embeddings::Embeddings(const BertConfig& config, const NamedWeights& weights,
                       const KernelSet& kernels)
    : kernels_(kernels),
      width_(static_cast<size_t>(config.embedding_width())),
      first_position_(static_cast<size_t>(config.first_position())),
      padding_(first_position_ > 0 ? static_cast<int32_t>(first_position_ - 1) : -1),
      epsilon_(static_cast<float>(config.epsilon)) {
  const int64_t width = config.embedding_width();
  const TensorView& words =
      weights.View("embeddings.word_embeddings.weight", {config.vocabulary, width});
  word_type_ = words.dtype;
  if (word_type_ == DType::kF32) {
    words_ = words.ToFloats();
  } else if (const void* data = words.data.data();
             weights.permanent() && reinterpret_cast<uintptr_t>(data) % alignof(uint16_t) == 0) {
    narrow_words_ = static_cast<const uint16_t*>(data);
  } else {
    own_narrow_words_ = words.ToNarrow();
    narrow_words_ = own_narrow_words_.data();
  }
  positions_ = weights.Floats("embeddings.position_embeddings.weight", {config.positions, width});
  if (config.token_types > 0) {
    const std::vector<float> types =
        weights.Floats("embeddings.token_type_embeddings.weight", {config.token_types, width});
    for (size_t i = 0; i < positions_.size(); ++i) positions_[i] += types[i % width_];
  }
  gain_ = weights.Floats("embeddings.LayerNorm.weight", {width});
  bias_ = weights.Floats("embeddings.LayerNorm.bias", {width});
}

void Embeddings::CopyWord(size_t id, float* out) const {
  switch (word_type_) {
    case DType::kF32:
      std::copy_n(words_.data() + id * width_, width_, out);
      break;
    case DType::kF16:
      kernels_.widen_half(narrow_words_ + id * width_, width_, out);
      break;
    case DType::kBF16:
      kernels_.widen_bfloat16(narrow_words_ + id * width_, width_, out);
      break;
  }
}

void Embeddings::Lookup(const std::vector<int32_t>& ids, float* out) const {
  size_t next = first_position_;
  for (size_t t = 0; t < ids.size(); ++t) {
    float* row = out + t * width_;
    CopyWord(static_cast<size_t>(ids[t]), row);
    const size_t position = ids[t] == padding_ ? first_position_ - 1 : next++;
    kernels_.add_scaled(positions_.data() + position * width_, 1.0f, width_, row);
  }
  kernels_.layer_norm(out, ids.size(), width_, gain_.data(), bias_.data(), epsilon_);
}

uint64_t Embeddings::memory_bytes() const {
  return (words_.size() + positions_.size() + 2 * width_) * sizeof(float) +
         own_narrow_words_.size() * sizeof(uint16_t);
}

}  // namespace semblance::encoder
