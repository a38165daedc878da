// JSON of a model package: bounded, and with this folder's errors. Private to engine/encoder/,
// since it names nlohmann.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "engine/encoder/error.h"

namespace semblance::encoder {

// An object, nested at most 32 deep, no key of its top level twice. `what` names the text in
// messages. Throws kCorruption.
nlohmann::json ParseJsonObject(std::string_view text, const std::string& what);
nlohmann::json ParseJsonArray(std::string_view text, const std::string& what);  // likewise

// The member of `object`, or `fallback` where there is none or it is null. Throws kCorruption for
// another type, kInvalid outside [least, most].
int64_t IntegerOr(const nlohmann::json& object, const char* key, int64_t fallback, int64_t least,
                  int64_t most, const std::string& what);
double NumberOr(const nlohmann::json& object, const char* key, double fallback,
                const std::string& what);
std::string StringOr(const nlohmann::json& object, const char* key, const std::string& fallback,
                     const std::string& what);
bool BoolOr(const nlohmann::json& object, const char* key, bool fallback, const std::string& what);

}  // namespace semblance::encoder
