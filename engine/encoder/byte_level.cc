#include "engine/encoder/byte_level.h"

#include <cstdint>

#include "engine/encoder/unicode.h"
#include "engine/encoder/utf8.h"

namespace semblance::encoder {
namespace {

enum class Class { kSpace, kLetter, kNumber, kOther };

Class ClassOf(uint32_t c) {
  if (c < 0x80) {
    if ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') return Class::kLetter;
    if (c >= '0' && c <= '9') return Class::kNumber;
    return IsSpace(c) ? Class::kSpace : Class::kOther;
  }
  if (IsSpace(c)) return Class::kSpace;
  if (IsLetter(c)) return Class::kLetter;
  return IsNumber(c) ? Class::kNumber : Class::kOther;
}

size_t ContractionAt(std::string_view text) {
  for (const std::string_view ending : {"'s", "'t", "'re", "'ve", "'m", "'ll", "'d"}) {
    if (text.substr(0, ending.size()) == ending) return ending.size();
  }
  return 0;
}

// Where the run of characters of one class that holds `from` ends; `last` is where its last
// character begins.
size_t EndOfRun(std::string_view text, size_t from, size_t* last) {
  size_t at = from;
  *last = from;
  const Class first = ClassOf(NextCharacter(text, &at));
  while (at < text.size()) {
    size_t next = at;
    if (ClassOf(NextCharacter(text, &next)) != first) break;
    *last = at;
    at = next;
  }
  return at;
}

size_t LengthOfWord(std::string_view text) {
  if (const size_t length = ContractionAt(text)) return length;
  size_t at = 0, last = 0;
  if (ClassOf(NextCharacter(text, &at)) != Class::kSpace) return EndOfRun(text, 0, &last);
  if (text[0] == ' ' && text.size() > 1) {
    size_t next = 1;
    if (ClassOf(NextCharacter(text, &next)) != Class::kSpace) return EndOfRun(text, 1, &last);
  }
  const size_t end = EndOfRun(text, 0, &last);
  return end == text.size() || last == 0 ? end : last;
}

std::array<std::string, 256> MakeAlphabet() {
  std::array<std::string, 256> alphabet;
  uint32_t next = 0x100;
  for (uint32_t byte = 0; byte < 256; ++byte) {
    const bool seen = (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte != 0xad);
    AppendCharacter(seen ? byte : next++, &alphabet[byte]);
  }
  return alphabet;
}

}  // namespace

bool ByteLevelWords::Next(std::string_view* word) {
  if (rest_.empty()) return false;
  *word = rest_.substr(0, LengthOfWord(rest_));
  rest_.remove_prefix(word->size());
  return true;
}

const std::array<std::string, 256>& ByteLevelAlphabet() {
  static const std::array<std::string, 256> alphabet = MakeAlphabet();
  return alphabet;
}

}  // namespace semblance::encoder
