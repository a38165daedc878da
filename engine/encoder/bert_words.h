// BERT's way from a text to words: control characters are dropped, CJK ideographs stand alone,
// words end at spaces and around each punctuation character; case and accents are folded as asked.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace semblance::encoder {

struct BertWordOptions {
  bool lower_case = true;
  bool strip_accents = true;
  bool split_chinese = true;
};

class BertWords {
 public:
  // `text`, well-formed UTF-8, outlives this. Words come as they are asked for: no more of the text
  // is looked at than they need.
  BertWords(std::string_view text, const BertWordOptions& options)
      : rest_(text), options_(options) {}

  // The next word, never empty; false at the end.
  bool Next(std::string* word);

 private:
  friend std::string FoldAsBert(std::string_view text, const BertWordOptions& options);
  bool ReadChunk();

  std::string_view rest_;
  const BertWordOptions options_;
  std::u32string chunk_;  // what stands between two spaces, folded
  size_t at_ = 0;         // in chunk_
};

// The text before words are split around punctuation: with one space where there was any.
std::string FoldAsBert(std::string_view text, const BertWordOptions& options);

}  // namespace semblance::encoder
