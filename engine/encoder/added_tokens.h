// Tokens that are looked for in a text before anything else is done with it: the special ones, and
// those that somebody added to a vocabulary.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/encoder/vocabulary.h"

namespace semblance::encoder {

struct AddedToken {
  std::string text;
  int32_t id = -1;
  bool eats_left = false;   // the spaces before it belong to it
  bool eats_right = false;  // and those behind it
};

class AddedTokens {
 public:
  struct Match {
    size_t begin = 0;  // in bytes, with the spaces that belong to it
    size_t end = 0;
    int32_t id = -1;
  };

  AddedTokens() = default;
  // Tokens without a text are left out; of two with the same text the last counts.
  explicit AddedTokens(const std::vector<AddedToken>& tokens);

  bool empty() const { return tokens_.empty(); }
  // The first one in `text` from byte `from` on; of several that begin there the longest.
  std::optional<Match> Find(std::string_view text, size_t from) const;

 private:
  TextMap<AddedToken> tokens_;
  std::array<std::vector<size_t>, 256> lengths_;  // by first byte, longest first
};

}  // namespace semblance::encoder
