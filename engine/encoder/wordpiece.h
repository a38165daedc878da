// WordPiece: a word becomes the longest token that it begins with, then the longest that the rest
// begins with among those that go on a word ("##ing"), and so on; a word that this leads nowhere
// with, or that is longer than 100 characters, is unknown as a whole.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/encoder/bert_words.h"
#include "engine/encoder/imported_tokenizer.h"
#include "engine/encoder/vocabulary.h"

namespace semblance::encoder {

struct WordPieceOptions {
  BertWordOptions words;
  int32_t unk = -1;
  std::string continuing = "##";
  uint32_t longest_word = 100;  // characters
};

std::unique_ptr<const Segmenter> MakeWordPiece(const Vocabulary& vocabulary,
                                               const WordPieceOptions& options);

}  // namespace semblance::encoder
