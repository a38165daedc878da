// Network weights as the files of a model package, and back.
#pragma once

#include <cstdint>

#include "engine/encoder/model_package.h"
#include "engine/training/options.h"
#include "engine/training/weights.h"

namespace semblance::training {

// Adds config.json.
void AddConfig(const NetworkShape& shape, const Options& options, encoder::ModelPackage* package);
// Adds config.json and model.safetensors, stored as options.save_dtype says. Throws encoder::Error
// kInvalid when a weight has no finite form in it.
void AddNetworkFiles(const NetworkShape& shape, const Weights& weights, const Options& options,
                     encoder::ModelPackage* package);

// RoBERTa and its kin come as the BERT that computes the same: without the rows of the position
// table that RoBERTa does not use. Throw encoder::Error: kUnsupported, naming it, for another
// architecture, kCorruption for files that are none.
NetworkShape ReadShape(const encoder::ModelPackage& package, int64_t* max_length);
Weights ReadWeights(const encoder::ModelPackage& package);

// Every file of `from` but config.json, model.safetensors and README.md: its tokenizer.
void CopyTokenizerFiles(const encoder::ModelPackage& from, encoder::ModelPackage* to);

}  // namespace semblance::training
