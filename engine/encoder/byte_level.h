// The way of GPT-2 and RoBERTa from a text to words of bytes.
#pragma once

#include <array>
#include <string>
#include <string_view>

namespace semblance::encoder {

// Cuts a text into words and loses nothing of it. A word is the first of these that fits:
//   's 't 're 've 'm 'll 'd
//   letters, or numbers, or other characters that are no spaces; each with one space before it
//   spaces, but not the last one before something else
//   spaces
class ByteLevelWords {
 public:
  // `text`, well-formed UTF-8, outlives this and the words.
  explicit ByteLevelWords(std::string_view text) : rest_(text) {}
  bool Next(std::string_view* word);  // never empty; false at the end

 private:
  std::string_view rest_;
};

// How vocabularies write each byte: as a visible character. ASCII and Latin-1 that can be seen
// stand for themselves, the other bytes are U+0100, U+0101 and so on.
const std::array<std::string, 256>& ByteLevelAlphabet();

}  // namespace semblance::encoder
