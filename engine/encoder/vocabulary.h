// The tokens of a model and their ids.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "engine/encoder/error.h"

namespace semblance::encoder {

constexpr int64_t kMostTokens = int64_t{1} << 22;

// Lets maps of std::string be asked with a std::string_view.
struct TextHash {
  using is_transparent = void;
  size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
};
template <typename Value>
using TextMap = std::unordered_map<std::string, Value, TextHash, std::equal_to<>>;

class Vocabulary {
 public:
  // vocab.txt: a token a line, its number from 0 is the id; of a token that stands twice the last
  // counts. Lines end as on any system. Throws kCorruption, naming `what`, for text that is not
  // UTF-8 or has no or too many lines.
  static Vocabulary FromLines(std::string_view text, const std::string& what);
  // vocab.json: one object of ids by token. Throws kCorruption.
  static Vocabulary FromJson(std::string_view text, const std::string& what);

  // Throws kCorruption for an id below 0 or from kMostTokens on.
  void Add(std::string_view token, int64_t id, const std::string& what);

  int32_t Find(std::string_view token) const;  // -1: there is none
  // The same for a token that must be there; throws kMissing, naming `what`.
  int32_t Require(std::string_view token, const std::string& what) const;
  uint32_t size() const { return size_; }  // the largest id and one
  const TextMap<int32_t>& tokens() const { return tokens_; }

 private:
  TextMap<int32_t> tokens_;
  uint32_t size_ = 0;
};

}  // namespace semblance::encoder
