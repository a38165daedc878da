// The weights of a published model as model.safetensors of a package: with the names of
// weight_names.h and nothing beside them.
//
//   - What stands in front of "embeddings.word_embeddings.weight" ("bert.", "module.") is taken
//     off; LayerNorm's old names gamma and beta become weight and bias.
//   - The layer that SimCSE trains in the pooler's place, mlp.dense, becomes the pooler's.
//   - Heads for other tasks (cls.*, lm_head.*, classifier.*) and position_ids are left out. A
//     tensor inside the network that the configuration does not know is an error: without it the
//     network would compute something else.
#pragma once

#include <string>
#include <string_view>

#include "engine/encoder/config.h"
#include "engine/encoder/weight_files.h"

namespace semblance::encoder {

// `dense`: weights that take the place of the pooler's ("linear.weight" and "linear.bias", as
// sentence-transformers has them), or nullptr. F16 or BF16 when all weights are that, else F32.
// Throws kMissing, kCorruption or kUnsupported, naming the tensor. Whether the tensors are all
// there, with the right shapes, shows when the network is loaded.
std::string ConvertWeights(const WeightFiles& weights, const BertConfig& config,
                           const WeightFiles* dense = nullptr);

// Whether the checkpoint has SimCSE's layer: it was trained by SimCSE and is not published yet.
bool HasSimCseHead(const WeightFiles& weights);

}  // namespace semblance::encoder
