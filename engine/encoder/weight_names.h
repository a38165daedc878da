// What the tensors of a network are called and what shapes they have: Hugging Face's names, without
// the prefix ("bert.", "roberta.") that models with a head on top put in front.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "engine/encoder/config.h"

namespace semblance::encoder {

inline constexpr const char* kWordTable = "embeddings.word_embeddings.weight";
// MPNet's, for all layers: [32, heads].
inline constexpr const char* kRelativeBias = "encoder.relative_attention_bias.weight";
// ALBERT's, from the embeddings to the first layer: [hidden, embedding] and [hidden].
inline constexpr const char* kMapping = "encoder.embedding_hidden_mapping_in.";

// The parts of one layer; "weight" and "bias" go behind each.
struct LayerNames {
  std::string query, key, value, attention_output, attention_norm;
  std::string intermediate, output, output_norm;
};
// ALBERT's layers share weights, so that several have the same names.
LayerNames NamesOfLayer(const BertConfig& config, int64_t layer);
std::string PoolerPrefix(Architecture architecture);  // "pooler.dense.", ALBERT's "pooler."

// Every tensor of the network by name. The pooler's, which most models do without, are among them.
std::map<std::string, std::vector<int64_t>> WeightShapes(const BertConfig& config);

}  // namespace semblance::encoder
