// config.json: the architecture of a model, read and checked, and written for models that we train.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/encoder/activation.h"
#include "engine/encoder/error.h"
#include "engine/encoder/pooler.h"

namespace semblance::encoder {

// Which network it is: BERT, or one that differs from it in the places weight_names.h and network.h
// name.
enum class Architecture : uint8_t {
  kBert = 0,
  kRoberta = 1,
  kXlmRoberta = 2,
  kCamembert = 3,
  kMpnet = 4,
  kAlbert = 5,
};
std::string_view ModelType(Architecture architecture);  // as config.json has it: "xlm-roberta"

struct BertConfig {
  Architecture architecture = Architecture::kBert;
  int64_t layers = 0;  // 0: a bag of token embeddings behind the embedding LayerNorm
  int64_t hidden = 0;
  int64_t heads = 1;  // divides hidden
  int64_t intermediate = 0;
  int64_t embedding = 0;     // ALBERT: the width of the embeddings; 0: hidden
  int64_t layer_groups = 1;  // ALBERT: sets of weights that the layers share
  int64_t vocabulary = 0;
  int64_t positions = 0;    // rows of the position table
  int64_t token_types = 2;  // MPNet: 0
  int64_t pad_token = 0;
  double epsilon = 1e-12;  // of every LayerNorm
  Activation activation = Activation::kGelu;
  // Our own block; models from elsewhere lack it and get these: avg, and most_tokens() but at most
  // 512.
  Pooler pooler = Pooler::kAvg;
  int64_t max_length = 0;  // tokens, specials included; 2 to most_tokens()
  std::string prompt;      // goes in front of every text
  // Widths below `hidden`, rising, at which the beginning of a vector was trained to be one too.
  std::vector<int64_t> dims;

  int64_t embedding_width() const { return embedding > 0 ? embedding : hidden; }
  // The row of the position table for the first token: RoBERTa and MPNet keep the rows up to the
  // one with the number of the padding token for padding.
  int64_t first_position() const;
  int64_t most_tokens() const { return positions - first_position(); }

  // Throws kCorruption for what is no JSON object or has members of a wrong type, kInvalid for
  // values out of range, kUnsupported for an architecture that is not listed above.
  static BertConfig Parse(std::string_view json);
  std::string ToJson() const;  // Parse() of it gives the same
};

}  // namespace semblance::encoder
