// Bytes from text.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace semblance::encoder {

// Base64 with its usual alphabet, with or without the padding; nullopt for anything else.
std::optional<std::string> DecodeBase64(std::string_view text);

}  // namespace semblance::encoder
