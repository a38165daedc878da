// Text of unknown origin made fit for tokenizers.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace semblance::encoder {

// `text` with every maximal piece of an ill-formed sequence replaced by U+FFFD, as browsers do it.
// Overlong forms, surrogates and what lies above U+10FFFF are ill-formed.
std::string ToValidUtf8(std::string_view text);

// The longest beginning of `text` of at most `most` bytes that does not end inside a well-formed
// character.
std::string_view CutAtCharacter(std::string_view text, size_t most);

// Well-formed UTF-8 with each character that has a simple lower-case form replaced by it, in any
// locale of the process. Throws encoder::Error kUnsupported where the C library has no Unicode
// tables.
std::string ToLowerCase(std::string_view text);

}  // namespace semblance::encoder
