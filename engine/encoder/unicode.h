// What Unicode says of characters, for the tokenizers that ask it. A character is a code point;
// text is well-formed UTF-8. The tables are those of the library this is built with (utf8proc;
// Debian 12: Unicode 15): characters that came later count as unassigned.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace semblance::encoder {

bool IsLetter(uint32_t character);          // categories L*
bool IsNumber(uint32_t character);          // N*
bool IsPunctuation(uint32_t character);     // P*
bool IsControl(uint32_t character);         // C*: control, format, private use, unassigned
bool IsSpaceSeparator(uint32_t character);  // Zs
bool IsNonspacingMark(uint32_t character);  // Mn
bool IsCombining(uint32_t character);       // its canonical combining class is not 0
bool IsSpace(uint32_t character);           // the property White_Space
bool IsDigit(uint32_t character);           // decimal, or superscript or circled and the like

// The spaces that surround text are these, and the four separators among ASCII's control
// characters.
bool IsStrippedSpace(uint32_t character);
bool IsBlank(std::string_view text);  // nothing but those
std::string_view StripLeft(std::string_view text);
std::string_view StripRight(std::string_view text);

// Each character in lower case on its own, in any locale of the process: a final capital sigma
// becomes the middle one, and the capital I with a dot two characters.
std::string ToLowerCase(std::string_view text);
void AppendLowerCase(uint32_t character, std::u32string* out);

// In normalisation forms D and KD. Takes n log n time, whatever marks are piled up.
std::u32string Decompose(std::u32string_view text);
std::u32string DecomposeCompatibly(std::u32string_view text);

}  // namespace semblance::encoder
