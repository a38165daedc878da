// tokenizer_config.json, and the kinds of tokenizer there are. A new kind is one more file and one
// more row in tokenizer.cc.
#pragma once

#include <memory>
#include <string>

#include "engine/encoder/model_package.h"
#include "engine/encoder/tokenizer.h"

namespace semblance::encoder {

// The file's members, which are Hugging Face's, with their defaults:
//   "tokenizer_class": "SentencePiece"    tokenizer.model of sentencepiece, ids and special pieces
//   as they stand in it "do_lower_case": false                fold case before tokenizing; models
//   that we train fold in sentencepiece instead "pad_token": "<pad>"  "cls_token": "[CLS]"
//   "sep_token": "[SEP]"  "mask_token": "[MASK]"
// Special pieces are found by name among the control pieces of the model, so that no text can spell
// one. [CLS], [SEP] and the unknown piece (the one of that type, whatever its name) must be there.
struct TokenizerSettings {
  std::string kind;
  bool lower_case = false;
  std::string pad, cls, sep, mask;
};

std::shared_ptr<const Tokenizer> LoadSentencePiece(const ModelPackage& package,
                                                   const TokenizerSettings& settings);

}  // namespace semblance::encoder
