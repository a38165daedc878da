// Text of unknown origin made fit for tokenizers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace semblance::encoder {

// `text` with every maximal piece of an ill-formed sequence replaced by U+FFFD, as browsers do it.
// Overlong forms, surrogates and what lies above U+10FFFF are ill-formed.
std::string ToValidUtf8(std::string_view text);

// The longest beginning of `text` of at most `most` bytes that does not end inside a well-formed
// character.
std::string_view CutAtCharacter(std::string_view text, size_t most);

// The character that begins at `*at` of well-formed UTF-8; moves `*at` behind it.
uint32_t NextCharacter(std::string_view text, size_t* at);
void AppendCharacter(uint32_t code, std::string* out);

}  // namespace semblance::encoder
