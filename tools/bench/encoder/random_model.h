// A BERT of any size with weights drawn at random: what it says means nothing, but it takes as long
// as one that was trained.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "engine/encoder/config.h"
#include "engine/encoder/model_package.h"

namespace semblance::bench {

struct Tensor {
  std::vector<int64_t> shape;
  std::vector<float> values;  // row-major
};

struct RandomModel {
  encoder::BertConfig config;
  std::map<std::string, Tensor> tensors;  // by the names of Hugging Face's BERT

  // For Encoder::Load, with the default model's tokenizer.
  encoder::ModelPackage Package() const;
};

// `config` has the sizes; the vectors are means over the last layer.
RandomModel MakeRandomModel(const encoder::BertConfig& config, uint64_t seed);

}  // namespace semblance::bench
