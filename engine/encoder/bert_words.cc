#include "engine/encoder/bert_words.h"

#include "engine/encoder/unicode.h"
#include "engine/encoder/utf8.h"

namespace semblance::encoder {
namespace {

constexpr uint32_t kReplacement = 0xfffd;

bool Between(uint32_t character, uint32_t first, uint32_t last) {
  return character >= first && character <= last;
}

// The blocks of ideographs, not kana or hangul, which are written with spaces or without a word
// list's help.
bool IsIdeograph(uint32_t c) {
  return Between(c, 0x4e00, 0x9fff) || Between(c, 0x3400, 0x4dbf) || Between(c, 0x20000, 0x2a6df) ||
         Between(c, 0x2a700, 0x2b73f) || Between(c, 0x2b740, 0x2b81f) ||
         Between(c, 0x2b820, 0x2ceaf) || Between(c, 0xf900, 0xfaff) || Between(c, 0x2f800, 0x2fa1f);
}

// All of ASCII that is neither letter, digit, space nor control counts, with what Unicode calls so.
bool IsBertPunctuation(uint32_t c) {
  if (c < 0x80) {
    return Between(c, 33, 47) || Between(c, 58, 64) || Between(c, 91, 96) || Between(c, 123, 126);
  }
  return IsPunctuation(c);
}

bool IsDropped(uint32_t c) {
  if (c >= ' ' && c < 0x7f) return false;
  if (c == '\t' || c == '\n' || c == '\r') return false;
  return c == kReplacement || IsControl(c);
}

}  // namespace

// Reads up to the next space, or one ideograph. False at the end of the text.
bool BertWords::ReadChunk() {
  chunk_.clear();
  at_ = 0;
  bool ascii = true;
  size_t read = 0;
  while (read < rest_.size()) {
    size_t next = read;
    const uint32_t c = NextCharacter(rest_, &next);
    const bool dropped = IsDropped(c);
    const bool alone = !dropped && (IsSpace(c) || (options_.split_chinese && IsIdeograph(c)));
    if (alone && !chunk_.empty()) break;
    read = next;
    if (dropped || IsSpace(c)) continue;
    ascii = ascii && c < 0x80;
    if (options_.lower_case) {
      AppendLowerCase(c, &chunk_);
    } else {
      chunk_.push_back(c);
    }
    if (alone) break;
  }
  rest_.remove_prefix(read);
  if (chunk_.empty()) return false;
  if (options_.strip_accents && !ascii) {
    chunk_ = Decompose(chunk_);
    std::erase_if(chunk_, [](char32_t c) { return IsNonspacingMark(c); });
  }
  return true;
}

bool BertWords::Next(std::string* word) {
  word->clear();
  while (at_ == chunk_.size()) {
    if (!ReadChunk()) return false;
  }
  do {
    const char32_t c = chunk_[at_];
    const bool punctuation = IsBertPunctuation(c);
    if (punctuation && !word->empty()) break;
    AppendCharacter(c, word);
    ++at_;
    if (punctuation) break;
  } while (at_ < chunk_.size());
  return true;
}

std::string FoldAsBert(std::string_view text, const BertWordOptions& options) {
  std::string folded;
  BertWords words(text, options);
  while (words.ReadChunk()) {
    if (words.chunk_.empty()) continue;
    if (!folded.empty()) folded.push_back(' ');
    for (const char32_t c : words.chunk_) AppendCharacter(c, &folded);
  }
  return folded;
}

}  // namespace semblance::encoder
