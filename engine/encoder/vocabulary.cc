#include "engine/encoder/vocabulary.h"

#include <algorithm>

#include "engine/encoder/json_internal.h"
#include "engine/encoder/utf8.h"

namespace semblance::encoder {
namespace {

constexpr size_t kMostBytes = size_t{64} << 20;

[[noreturn]] void Corrupt(const std::string& what, const std::string& message) {
  throw Error(ErrorKind::kCorruption, what + ": " + message);
}

void CheckSize(std::string_view text, const std::string& what) {
  if (text.size() > kMostBytes) Corrupt(what, "larger than 64 MiB");
}

}  // namespace

Vocabulary Vocabulary::FromLines(std::string_view text, const std::string& what) {
  CheckSize(text, what);
  if (ToValidUtf8(text) != text) Corrupt(what, "not UTF-8");
  Vocabulary vocabulary;
  int64_t id = 0;
  while (!text.empty()) {
    const size_t end = std::min(text.find_first_of("\r\n"), text.size());
    vocabulary.Add(text.substr(0, end), id++, what);
    const bool pair = text.substr(end).substr(0, 2) == "\r\n";
    text.remove_prefix(std::min(text.size(), end + (pair ? 2 : 1)));
  }
  if (id == 0) Corrupt(what, "it has no tokens");
  return vocabulary;
}

Vocabulary Vocabulary::FromJson(std::string_view text, const std::string& what) {
  CheckSize(text, what);
  const nlohmann::json object = ParseJsonObject(text, what);
  Vocabulary vocabulary;
  for (const auto& [token, id] : object.items()) {
    if (!id.is_number_integer()) Corrupt(what, "the id of \"" + token + "\" is not a whole number");
    vocabulary.Add(
        token,
        id.is_number_unsigned() && id.get<uint64_t>() > INT64_MAX ? INT64_MAX : id.get<int64_t>(),
        what);
  }
  if (vocabulary.size_ == 0) Corrupt(what, "it has no tokens");
  return vocabulary;
}

void Vocabulary::Add(std::string_view token, int64_t id, const std::string& what) {
  if (id < 0 || id >= kMostTokens) {
    Corrupt(what, "the id " + std::to_string(id) + " of \"" + std::string(token) +
                      "\" is not one from 0 to " + std::to_string(kMostTokens - 1));
  }
  tokens_.insert_or_assign(std::string(token), static_cast<int32_t>(id));
  size_ = std::max(size_, static_cast<uint32_t>(id) + 1);
}

int32_t Vocabulary::Find(std::string_view token) const {
  const auto found = tokens_.find(token);
  return found == tokens_.end() ? -1 : found->second;
}

int32_t Vocabulary::Require(std::string_view token, const std::string& what) const {
  const int32_t id = Find(token);
  if (id < 0)
    throw Error(ErrorKind::kMissing, what + " has no token \"" + std::string(token) + "\"");
  return id;
}

}  // namespace semblance::encoder
