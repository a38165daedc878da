#include "engine/encoder/utf8.h"

namespace semblance::encoder {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

unsigned char Byte(std::string_view text, size_t at) {
  return static_cast<unsigned char>(text[at]);
}

struct Sequence {
  size_t bytes = 1;  // of the character, or of the ill-formed piece
  bool valid = false;
};

// What begins at `at`. The second byte's range is what keeps overlong forms and surrogates out.
Sequence SequenceAt(std::string_view text, size_t at) {
  const unsigned char first = Byte(text, at);
  if (first < 0x80) return {1, true};
  if (first < 0xc2 || first > 0xf4) return {1, false};
  const size_t length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  unsigned char least = 0x80, most = 0xbf;
  if (first == 0xe0) least = 0xa0;
  if (first == 0xed) most = 0x9f;
  if (first == 0xf0) least = 0x90;
  if (first == 0xf4) most = 0x8f;
  for (size_t i = 1; i < length; ++i) {
    if (at + i >= text.size()) return {i, false};
    const unsigned char next = Byte(text, at + i);
    if (next < least || next > most) return {i, false};
    least = 0x80;
    most = 0xbf;
  }
  return {length, true};
}

}  // namespace

uint32_t NextCharacter(std::string_view text, size_t* at) {
  const unsigned char first = Byte(text, *at);
  if (first < 0x80) {
    ++*at;
    return first;
  }
  static constexpr unsigned char kFirstBits[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
  const size_t bytes = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  uint32_t code = first & kFirstBits[bytes];
  for (size_t i = 1; i < bytes; ++i) code = code << 6 | (Byte(text, *at + i) & 0x3f);
  *at += bytes;
  return code;
}

void AppendCharacter(uint32_t code, std::string* out) {
  if (code < 0x80) {
    out->push_back(static_cast<char>(code));
    return;
  }
  const int tail = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
  static constexpr unsigned char kMark[] = {0, 0xc0, 0xe0, 0xf0};
  out->push_back(static_cast<char>(kMark[tail] | code >> (6 * tail)));
  for (int i = tail - 1; i >= 0; --i) {
    out->push_back(static_cast<char>(0x80 | (code >> (6 * i) & 0x3f)));
  }
}

std::string ToValidUtf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  size_t begin = 0;  // of the well-formed text before `at` that is not in `out` yet
  for (size_t at = 0; at < text.size();) {
    const Sequence sequence = SequenceAt(text, at);
    if (!sequence.valid) {
      out += text.substr(begin, at - begin);
      out += kReplacement;
      begin = at + sequence.bytes;
    }
    at += sequence.bytes;
  }
  out += text.substr(begin);
  return out;
}

std::string_view CutAtCharacter(std::string_view text, size_t most) {
  if (text.size() <= most) return text;
  // A character that the cut would split begins at most three bytes before it.
  for (size_t back = 1; back <= 3 && back <= most; ++back) {
    const Sequence sequence = SequenceAt(text, most - back);
    if (sequence.valid && sequence.bytes > back) return text.substr(0, most - back);
  }
  return text.substr(0, most);
}

}  // namespace semblance::encoder
