// BERT and its kin, with the LayerNorm behind each residual sum, as Hugging Face computes it, for
// sentences packed without padding.
//
//   word + position + token type 0 -> LayerNorm
//   each layer:  x = LayerNorm(x + output(attention(x)))
//                x = LayerNorm(x + output(activation(intermediate(x))))
//
// RoBERTa and its kin count positions from the padding token's number on. MPNet does as well, has
// no token types, and adds to each attention score a number for the distance (relative_bias.h).
// ALBERT has narrow embeddings, which one matrix widens, and runs the same layer again and again.
//
// Threads: Run may be called from several threads at once, each with a Workspace of its own.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "engine/encoder/config.h"
#include "engine/encoder/precision.h"
#include "engine/encoder/safetensors.h"

namespace semblance::encoder {

using Sentence = std::vector<int32_t>;  // ids of one sentence, at least one, all in the vocabulary

struct NetworkOptions {
  int threads = 1;  // as many may work on one group
  Precision precision = Precision::kF32;
};

class Network {
 public:
  // Memory of one call; grows to the largest group.
  class Workspace {
   public:
    virtual ~Workspace() = default;
  };

  // `weights` has the names of weight_names.h, and others maybe. Throws kMissing or kCorruption,
  // naming the tensor.
  static std::unique_ptr<const Network> Load(const BertConfig& config, const SafeTensors& weights,
                                             const NetworkOptions& options);
  virtual ~Network() = default;

  virtual std::unique_ptr<Workspace> MakeWorkspace() const = 0;
  // out[i] points to `hidden` floats for sentences[i] and gets its pooled vector, not normalised.
  // The sentences are one group: rows of one matrix. One thread works, or, `shared`, as many as are
  // worth it.
  virtual void Run(std::span<const Sentence* const> sentences, std::span<float* const> out,
                   bool shared, Workspace* workspace) const = 0;
  // Tokens that are best computed together.
  virtual size_t group_tokens() const = 0;
  virtual uint64_t memory_bytes() const = 0;
};

}  // namespace semblance::encoder
