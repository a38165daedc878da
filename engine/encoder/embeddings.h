// Ids to the first hidden state, or to what ALBERT's is made from: word + position + token type 0,
// then LayerNorm. The word table, most of a small model, stays in the type it is stored in, and where
// it is part of the program, it is not even copied.
//
// Threads: constant after construction.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/encoder/config.h"
#include "engine/encoder/kernels.h"
#include "engine/encoder/named_weights.h"

namespace semblance::encoder {

class Embeddings {
 public:
  Embeddings(const BertConfig& config, const NamedWeights& weights, const KernelSet& kernels);
  Embeddings(const Embeddings&) = delete;
  Embeddings& operator=(const Embeddings&) = delete;

  // out [ids.size(), embedding_width()]. The ids are in the vocabulary and no more than there are
  // positions.
  void Lookup(const std::vector<int32_t>& ids, float* out) const;
  uint64_t memory_bytes() const;

 private:
  void CopyWord(size_t id, float* out) const;

  const KernelSet& kernels_;
  size_t width_;
  size_t first_position_;
  int32_t padding_;  // RoBERTa, MPNet: the token that has no position of its own; else -1
  float epsilon_;
  DType word_type_;
  std::vector<float> words_;                // [vocabulary, width] of F32
  std::vector<uint16_t> own_narrow_words_;  // or of F16 and BF16
  const uint16_t* narrow_words_ = nullptr;  // these, or the program's
  std::vector<float> positions_;        // [positions, width], token type 0 added
  std::vector<float> gain_, bias_;      // [width]
};

}  // namespace semblance::encoder
