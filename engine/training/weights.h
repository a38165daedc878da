// The weights of a network by the names that Hugging Face gives BERT's, without LibTorch.
//
//   embeddings.word_embeddings.weight [V, D]      embeddings.position_embeddings.weight [P, D]
//   embeddings.token_type_embeddings.weight [2, D]  embeddings.LayerNorm.{weight,bias} [D]
//   encoder.layer.N.attention.self.{query,key,value}.{weight [D, D],bias [D]}
//   encoder.layer.N.attention.output.dense.{weight,bias}, .attention.output.LayerNorm.{weight,bias}
//   encoder.layer.N.intermediate.dense.{weight [F, D],bias [F]}, .output.dense.{weight [D, F],bias
//   [D]}, encoder.layer.N.output.LayerNorm.{weight,bias} pooler.dense.{weight [D, D],bias [D]} only
//   where the pooler is "cls"
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "engine/training/options.h"

namespace semblance::training {

struct NamedTensor {
  std::vector<int64_t> shape;
  std::vector<float> values;  // row-major
};
using Weights = std::map<std::string, NamedTensor>;

struct NetworkShape {
  int64_t layers = 0;
  int64_t hidden = 0;
  int64_t heads = 1;
  int64_t intermediate = 0;
  int64_t vocabulary = 0;
  int64_t positions = 0;
  int64_t token_types = 2;
  int64_t pad_token = 0;
  double epsilon = 1e-12;  // of every LayerNorm
  std::string pooler = "avg";
  bool mlp_only_train = false;
};

std::string LayerPrefix(int64_t layer);  // "encoder.layer.N."
// The shape that every tensor of the network must have.
std::map<std::string, std::vector<int64_t>> TensorShapes(const NetworkShape& shape);

// Normal(0, 0.02) for matrices and tables, ones for LayerNorm weights, zeros for the rest, as BERT
// has it. A network without layers gets no position embeddings to begin with: they would only blur
// a bag of tokens.
Weights InitialWeights(const NetworkShape& shape, uint64_t seed);

// Makes `weights` fit `shape`, which may have more layers, positions or a pooler that they lack.
// Added layers compute the identity at first: their output projections are zero, and the gain and
// bias of the LayerNorm that was last so far move to the new last one, since a LayerNorm leaves
// alone what a LayerNorm without gain has made. Throws encoder::Error kInvalid when a tensor cannot
// be made to fit.
void FitWeights(const NetworkShape& shape, int64_t layers_before, uint64_t seed, Weights* weights);

}  // namespace semblance::training
