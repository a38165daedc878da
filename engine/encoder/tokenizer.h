// Text to token ids, exactly as the libraries that models were trained with give them.
//
//   kind (tokenizer_class)    files
//   SentencePiece             tokenizer.model: models trained here
//   BertTokenizer             vocab.txt (WordPiece)
//   MPNetTokenizer            vocab.txt, with other special tokens
//   RobertaTokenizer          vocab.json and merges.txt (byte-level BPE)
//   XLMRobertaTokenizer       sentencepiece.bpe.model
//   CamembertTokenizer        sentencepiece.bpe.model
//   AlbertTokenizer           spiece.model
//   any, with "Fast" or not   tokenizer.json, where the files above are not there
//
// Where tokenizer_config.json does not name the kind, model_type in config.json does, and else the
// files that are there. A special token that a text spells is that token, as in the reference; only
// of SentencePiece's no text can spell one.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "engine/encoder/model_package.h"

namespace semblance::encoder {

struct SpecialIds {
  int32_t pad = -1;
  int32_t unk = -1;
  int32_t cls = -1;   // begins every sequence
  int32_t sep = -1;   // ends every sequence
  int32_t mask = -1;  // -1: the model has none
};

class Tokenizer {
 public:
  // Reads the tokenizer files of a package; throws encoder::Error (never ends the process, whatever
  // the bytes).
  static std::shared_ptr<const Tokenizer> Load(const ModelPackage& package);
  virtual ~Tokenizer() = default;

  // [CLS] pieces [SEP], at most `max_length` ids in all (the end of the text is cut; the specials
  // stay; max_length >= 2). Any bytes are accepted: invalid UTF-8 becomes U+FFFD, NUL is a
  // character like others, empty text gives the specials.
  virtual std::vector<int32_t> Encode(std::string_view text, uint32_t max_length) const = 0;
  virtual uint32_t vocabulary_size() const = 0;
  virtual const SpecialIds& special_ids() const = 0;
};

}  // namespace semblance::encoder
