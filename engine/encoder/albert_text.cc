#include "engine/encoder/albert_text.h"

#include "engine/encoder/unicode.h"
#include "engine/encoder/utf8.h"

namespace semblance::encoder {
namespace {

std::u32string LowerCase(const std::u32string& text) {
  std::u32string lower;
  lower.reserve(text.size());
  for (const char32_t c : text) AppendLowerCase(c, &lower);
  return lower;
}

std::u32string WithoutSpace(const std::u32string& text) {
  std::u32string out;
  bool space = false;
  for (const char32_t c : text) {
    if (IsStrippedSpace(c)) {
      space = true;
      continue;
    }
    if (space && !out.empty()) out.push_back(U' ');
    space = false;
    out.push_back(c);
  }
  return out;
}

std::u32string WithPlainQuotes(const std::u32string& text, char32_t quote) {
  std::u32string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool twice = text[i] == quote && i + 1 < text.size() && text[i + 1] == quote;
    out.push_back(twice ? U'"' : text[i]);
    if (twice) ++i;
  }
  return out;
}

}  // namespace

std::string PrepareAlbertText(std::string_view text, const AlbertTextOptions& options) {
  std::u32string now;
  for (size_t at = 0; at < text.size();) now.push_back(NextCharacter(text, &at));
  if (options.lower_case) now = LowerCase(now);
  if (options.remove_space) now = WithoutSpace(now);
  if (options.plain_quotes) now = WithPlainQuotes(WithPlainQuotes(now, U'`'), U'\'');
  if (!options.keep_accents) {
    now = DecomposeCompatibly(now);
    std::erase_if(now, [](char32_t c) { return IsCombining(c); });
    if (options.lower_case) now = LowerCase(now);  // of capitals that were inside other characters
  }
  std::string out;
  for (const char32_t c : now) AppendCharacter(c, &out);
  return out;
}

}  // namespace semblance::encoder
