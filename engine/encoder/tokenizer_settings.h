// What the small JSON files beside a tokenizer say, and the kinds of tokenizer there are. A new
// kind is one more file and one more row in tokenizer.cc.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/encoder/imported_tokenizer.h"
#include "engine/encoder/model_package.h"
#include "engine/encoder/tokenizer.h"

namespace semblance::encoder {

struct SpecialToken {
  std::string text;
  bool eats_left = false;  // the spaces before it belong to it
  bool eats_right = false;
};

// A token that somebody added, with its id.
struct ListedToken {
  SpecialToken token;
  int64_t id = 0;
  bool exact = false;  // looked for in the text as it is, not in lower case
};

// Members of tokenizer_config.json, which are Hugging Face's; where one is missing the kind has its
// default.
//
//   "tokenizer_class": "BertTokenizer"     the kind
//   "do_lower_case": true                  fold case before tokenizing
//   "strip_accents": null                  as "do_lower_case" unless it says otherwise
//   "tokenize_chinese_chars": true         ideographs stand alone
//   "add_prefix_space": false              a text that does not begin with a space gets one
//   "remove_space": true                   ALBERT: runs of spaces are one
//   "keep_accents": false                  ALBERT
//   "cls_token": "[CLS]"                   and sep, pad, mask, unk, bos and eos: a text, or an
//                                          object with it as "content" and with "lstrip" and
//                                          "rstrip"; null: there is none
//   "additional_special_tokens": ["@"]     more of those
//   "added_tokens_decoder": {"5": {...}}   more tokens, by id
//
// special_tokens_map.json has the special tokens again and counts before it; added_tokens.json has
// ids of more tokens.
struct TokenizerSettings {
  std::optional<bool> lower_case, strip_accents, split_chinese, prefix_space, remove_space,
      keep_accents;
  std::map<std::string, SpecialToken> special;  // by member name: "cls_token"
  std::vector<SpecialToken> additional;
  std::vector<ListedToken> listed;

  // The special token of that name; without a text where there is none.
  const SpecialToken& Special(const std::string& role) const;
};

// What a kind of tokenizer begins with.
struct TokenizerDefaults {
  std::map<std::string, std::string> special;
  // Whether a special token that is given as no more than a text leaves the spaces around it alone;
  // the mask takes those before it all the same. Others take all.
  bool keeps_spaces = false;
};

// Throws kCorruption for members of a wrong type, kUnsupported for what cannot be followed.
TokenizerSettings ReadTokenizerSettings(const ModelPackage& package,
                                        const TokenizerDefaults& defaults);

// Fills in what the settings say of special and added tokens: exact, folded, fold and ids, and the
// vocabulary's size where added tokens go beyond it. `id_of` knows the vocabulary (-1: not in it).
// Throws kMissing, naming `what`, where one of the two that frame a sequence is not there.
void AddSettingsTokens(const TokenizerSettings& settings, bool lower_case,
                       const std::function<int32_t(const std::string&)>& id_of,
                       const std::string& what, ImportedParts* parts);

using TokenizerLoader = std::shared_ptr<const Tokenizer>(const ModelPackage&,
                                                         const TokenizerSettings&);
// Of LoadSentencePiece's special pieces no text can spell one: they are its control pieces.
TokenizerLoader LoadSentencePiece;  // tokenizer.model
TokenizerLoader LoadBert;           // vocab.txt: BERT and MPNet
TokenizerLoader LoadRoberta;        // vocab.json, merges.txt
TokenizerLoader LoadXlmRoberta;     // sentencepiece.bpe.model
TokenizerLoader LoadCamembert;      // the same with other ids
TokenizerLoader LoadAlbert;         // spiece.model
TokenizerLoader LoadTokenizerJson;  // tokenizer.json

}  // namespace semblance::encoder
