// A network's weights as the file that a model package has them in.
#pragma once

#include <string>

#include "engine/training/weights.h"

namespace semblance::training {

constexpr const char* kWeightsFile = "model.safetensors";

// Whether the finished model goes without the pooler's dense layer, which only training uses.
bool DropsHead(const NetworkShape& shape);
// `dtype` is option save_dtype. Throws encoder::Error kInvalid when a weight has no finite form in
// it.
std::string WeightsFile(const NetworkShape& shape, const Weights& weights,
                        const std::string& dtype);

}  // namespace semblance::training
