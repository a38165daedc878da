#include <set>

#include "engine/encoder/json_internal.h"

namespace semblance::encoder {
namespace {

using nlohmann::json;

constexpr int kDeepest = 32;

[[noreturn]] void WrongType(const std::string& what, const char* key, const char* expected) {
  throw Error(ErrorKind::kCorruption, what + ": \"" + key + "\" is not " + expected);
}

// The member, or nullptr where it is absent or null.
const json* Find(const json& object, const char* key) {
  const auto found = object.find(key);
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

json Parse(std::string_view text, const std::string& what) {
  std::set<std::string> keys;
  const auto check = [&](int depth, json::parse_event_t event, json& parsed) {
    if (depth > kDeepest) throw Error(ErrorKind::kCorruption, what + ": nested too deep");
    if (event == json::parse_event_t::key && depth == 1 &&
        !keys.insert(parsed.get<std::string>()).second) {
      throw Error(ErrorKind::kCorruption, what + ": a key stands twice");
    }
    return true;
  };
  try {
    return json::parse(text.begin(), text.end(), check);
  } catch (const json::exception& error) {
    throw Error(ErrorKind::kCorruption, what + ": not JSON: " + error.what());
  }
}

}  // namespace

json ParseJsonObject(std::string_view text, const std::string& what) {
  json parsed = Parse(text, what);
  if (!parsed.is_object()) throw Error(ErrorKind::kCorruption, what + ": not a JSON object");
  return parsed;
}

json ParseJsonArray(std::string_view text, const std::string& what) {
  json parsed = Parse(text, what);
  if (!parsed.is_array()) throw Error(ErrorKind::kCorruption, what + ": not a JSON array");
  return parsed;
}

int64_t IntegerOr(const json& object, const char* key, int64_t fallback, int64_t least,
                  int64_t most, const std::string& what) {
  int64_t value = fallback;
  if (const json* found = Find(object, key)) {
    if (!found->is_number_integer()) WrongType(what, key, "a whole number");
    const bool fits = !found->is_number_unsigned() || found->get<uint64_t>() <= INT64_MAX;
    value = fits ? found->get<int64_t>() : INT64_MAX;
  }
  if (value < least || value > most) {
    throw Error(ErrorKind::kInvalid, what + ": \"" + key + "\" must be " + std::to_string(least) +
                                         " to " + std::to_string(most) + ", is " +
                                         std::to_string(value));
  }
  return value;
}

double NumberOr(const json& object, const char* key, double fallback, const std::string& what) {
  const json* found = Find(object, key);
  if (found == nullptr) return fallback;
  if (!found->is_number()) WrongType(what, key, "a number");
  return found->get<double>();
}

std::string StringOr(const json& object, const char* key, const std::string& fallback,
                     const std::string& what) {
  const json* found = Find(object, key);
  if (found == nullptr) return fallback;
  if (!found->is_string()) WrongType(what, key, "a text");
  return found->get<std::string>();
}

bool BoolOr(const json& object, const char* key, bool fallback, const std::string& what) {
  const json* found = Find(object, key);
  if (found == nullptr) return fallback;
  if (!found->is_boolean()) WrongType(what, key, "true or false");
  return found->get<bool>();
}

}  // namespace semblance::encoder
