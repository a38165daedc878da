// The files that sentence-transformers puts around a transformer: what a folder says about how its
// vectors are made.
//
//   modules.json                        the steps, each a folder: Transformer, Pooling, maybe
//                                       Dense and Normalize
//   1_Pooling/config.json               pooling_mode_mean_tokens, pooling_mode_cls_token, ...
//   2_Dense/config.json and weights     one linear layer
//   sentence_bert_config.json           max_seq_length, do_lower_case (beside config.json)
//   config_sentence_transformers.json   prompts and default_prompt_name
//
// What an encoder here computes can be said in these files, but for the poolers avg_top2 and
// avg_first_last; most of what they can say can be computed here, and the rest is refused by name.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "engine/encoder/config.h"
#include "engine/encoder/pooler.h"

namespace semblance::encoder {

struct SentenceSettings {
  std::string transformer;       // the folder with config.json below the one asked for, or ""
  std::optional<Pooler> pooler;  // what the steps amount to; nullopt: there is no modules.json
  std::string dense;             // the folder with the weights of the pooler cls, or ""
  std::optional<int64_t> max_length;
  bool lower_case = false;  // text is lower-cased before the tokenizer sees it
  std::string prompt;       // of default_prompt_name
};

// Throws kUnsupported for steps and poolings that are not computed here, kCorruption for damaged
// files, kMissing for files that modules.json names.
SentenceSettings ReadSentenceSettings(const std::string& directory);

// The files, below a folder that has the model's own already.
void WriteSentenceFiles(const BertConfig& config, std::string_view model_safetensors,
                        const std::string& directory);

}  // namespace semblance::encoder
