// config.json: the architecture of a model, read and checked, and written for models that we train.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/encoder/error.h"
#include "engine/encoder/pooler.h"

namespace semblance::encoder {

enum class Activation : uint8_t { kGelu = 0, kGeluTanh = 1, kRelu = 2 };

struct BertConfig {
  int64_t layers = 0;  // 0: a bag of token embeddings behind the embedding LayerNorm
  int64_t hidden = 0;
  int64_t heads = 1;  // divides hidden
  int64_t intermediate = 0;
  int64_t vocabulary = 0;
  int64_t positions = 0;
  int64_t token_types = 2;
  int64_t pad_token = 0;
  double epsilon = 1e-12;  // of every LayerNorm
  Activation activation = Activation::kGelu;
  // Our own block; models from elsewhere lack it and get these: avg, and positions but at most 512.
  Pooler pooler = Pooler::kAvg;
  int64_t max_length = 0;  // tokens, specials included; 2 to positions

  // Throws kCorruption for what is no JSON object or has members of a wrong type, kInvalid for
  // values out of range, kUnsupported for another architecture than BERT's.
  static BertConfig Parse(std::string_view json);
  std::string ToJson() const;  // Parse() of it gives the same
};

}  // namespace semblance::encoder
