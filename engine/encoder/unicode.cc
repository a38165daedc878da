#include "engine/encoder/unicode.h"

#include <utf8proc.h>

#include <algorithm>

#include "engine/encoder/utf8.h"

namespace semblance::encoder {
namespace {

constexpr uint32_t kCapitalIWithDot = 0x130;
constexpr char32_t kDotAbove = 0x307;

utf8proc_category_t CategoryOf(uint32_t character) {
  return utf8proc_category(static_cast<utf8proc_int32_t>(character));
}

bool Between(utf8proc_category_t category, utf8proc_category_t first, utf8proc_category_t last) {
  return category >= first && category <= last;
}

// Numeric_Type Digit; those of type Decimal are category Nd.
struct Range {
  uint32_t first, last;
};
constexpr Range kDigits[] = {
    {0xb2, 0xb3},       {0xb9, 0xb9},       {0x1369, 0x1371},   {0x19da, 0x19da},
    {0x2070, 0x2070},   {0x2074, 0x2079},   {0x2080, 0x2089},   {0x2460, 0x2468},
    {0x2474, 0x247c},   {0x2488, 0x2490},   {0x24ea, 0x24ea},   {0x24f5, 0x24fd},
    {0x24ff, 0x24ff},   {0x2776, 0x277e},   {0x2780, 0x2788},   {0x278a, 0x2792},
    {0x10a40, 0x10a43}, {0x10e60, 0x10e68}, {0x11052, 0x1105a}, {0x1f100, 0x1f10a}};

char LowerAscii(uint32_t character) {
  const bool upper = character >= 'A' && character <= 'Z';
  return static_cast<char>(upper ? character + ('a' - 'A') : character);
}

int CombiningClass(char32_t character) {
  return utf8proc_get_property(static_cast<utf8proc_int32_t>(character))->combining_class;
}

// The library's own function over whole texts sorts marks in quadratic time.
std::u32string DecomposeAs(std::u32string_view text, utf8proc_option_t form) {
  constexpr int kMost = 32;  // the longest decomposition has 18
  std::u32string out;
  out.reserve(text.size());
  for (const char32_t character : text) {
    if (character < 0x80) {
      out.push_back(character);
      continue;
    }
    utf8proc_int32_t parts[kMost];
    int boundary = 0;
    const utf8proc_ssize_t count = utf8proc_decompose_char(static_cast<utf8proc_int32_t>(character),
                                                           parts, kMost, form, &boundary);
    if (count < 1 || count > kMost) {
      out.push_back(character);
      continue;
    }
    for (utf8proc_ssize_t i = 0; i < count; ++i) out.push_back(static_cast<char32_t>(parts[i]));
  }
  for (size_t begin = 0; begin < out.size();) {
    if (out[begin] < 0x80 || CombiningClass(out[begin]) == 0) {
      ++begin;
      continue;
    }
    size_t end = begin + 1;
    while (end < out.size() && CombiningClass(out[end]) != 0) ++end;
    std::stable_sort(out.begin() + static_cast<ptrdiff_t>(begin),
                     out.begin() + static_cast<ptrdiff_t>(end),
                     [](char32_t a, char32_t b) { return CombiningClass(a) < CombiningClass(b); });
    begin = end;
  }
  return out;
}

}  // namespace

bool IsLetter(uint32_t character) {
  return Between(CategoryOf(character), UTF8PROC_CATEGORY_LU, UTF8PROC_CATEGORY_LO);
}

bool IsNumber(uint32_t character) {
  return Between(CategoryOf(character), UTF8PROC_CATEGORY_ND, UTF8PROC_CATEGORY_NO);
}

bool IsPunctuation(uint32_t character) {
  return Between(CategoryOf(character), UTF8PROC_CATEGORY_PC, UTF8PROC_CATEGORY_PO);
}

bool IsControl(uint32_t character) {
  const utf8proc_category_t category = CategoryOf(character);
  return category == UTF8PROC_CATEGORY_CN ||
         Between(category, UTF8PROC_CATEGORY_CC, UTF8PROC_CATEGORY_CO);
}

bool IsSpaceSeparator(uint32_t character) { return CategoryOf(character) == UTF8PROC_CATEGORY_ZS; }

bool IsNonspacingMark(uint32_t character) { return CategoryOf(character) == UTF8PROC_CATEGORY_MN; }

bool IsCombining(uint32_t character) { return CombiningClass(character) != 0; }

bool IsSpace(uint32_t character) {
  if (character < 0x80) return character == ' ' || (character >= '\t' && character <= '\r');
  return character == 0x85 ||
         Between(CategoryOf(character), UTF8PROC_CATEGORY_ZS, UTF8PROC_CATEGORY_ZP);
}

bool IsDigit(uint32_t character) {
  if (CategoryOf(character) == UTF8PROC_CATEGORY_ND) return true;
  return std::any_of(std::begin(kDigits), std::end(kDigits), [&](const Range& range) {
    return character >= range.first && character <= range.last;
  });
}

bool IsStrippedSpace(uint32_t character) {
  return IsSpace(character) || (character >= 0x1c && character <= 0x1f);
}

bool IsBlank(std::string_view text) { return StripLeft(text).empty(); }

std::string_view StripLeft(std::string_view text) {
  size_t kept = 0;
  for (size_t at = 0; at < text.size(); kept = at) {
    if (!IsStrippedSpace(NextCharacter(text, &at))) break;
  }
  return text.substr(kept);
}

std::string_view StripRight(std::string_view text) {
  while (!text.empty()) {
    size_t begin = text.size() - 1;
    while (begin > 0 && (static_cast<unsigned char>(text[begin]) & 0xc0) == 0x80) --begin;
    size_t at = begin;
    if (!IsStrippedSpace(NextCharacter(text, &at))) break;
    text = text.substr(0, begin);
  }
  return text;
}

void AppendLowerCase(uint32_t character, std::u32string* out) {
  if (character < 0x80) {
    out->push_back(static_cast<char32_t>(LowerAscii(character)));
  } else if (character == kCapitalIWithDot) {
    *out += {U'i', kDotAbove};
  } else {
    out->push_back(
        static_cast<char32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(character))));
  }
}

std::string ToLowerCase(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  std::u32string lower;
  for (size_t at = 0; at < text.size();) {
    const uint32_t character = NextCharacter(text, &at);
    if (character < 0x80) {
      out.push_back(LowerAscii(character));
      continue;
    }
    lower.clear();
    AppendLowerCase(character, &lower);
    for (const char32_t part : lower) AppendCharacter(part, &out);
  }
  return out;
}

std::u32string Decompose(std::u32string_view text) { return DecomposeAs(text, UTF8PROC_DECOMPOSE); }

std::u32string DecomposeCompatibly(std::u32string_view text) {
  return DecomposeAs(text, static_cast<utf8proc_option_t>(UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT));
}

}  // namespace semblance::encoder
