#include "engine/encoder/added_tokens.h"

#include <algorithm>

#include "engine/encoder/unicode.h"

namespace semblance::encoder {

AddedTokens::AddedTokens(const std::vector<AddedToken>& tokens) {
  for (const AddedToken& token : tokens) {
    if (token.text.empty()) continue;
    tokens_.insert_or_assign(token.text, token);
    lengths_[static_cast<unsigned char>(token.text[0])].push_back(token.text.size());
  }
  for (std::vector<size_t>& lengths : lengths_) {
    std::sort(lengths.begin(), lengths.end(), std::greater<>());
    lengths.erase(std::unique(lengths.begin(), lengths.end()), lengths.end());
  }
}

std::optional<AddedTokens::Match> AddedTokens::Find(std::string_view text, size_t from) const {
  if (tokens_.empty()) return std::nullopt;
  for (size_t at = from; at < text.size(); ++at) {
    for (const size_t length : lengths_[static_cast<unsigned char>(text[at])]) {
      if (length > text.size() - at) continue;
      const auto found = tokens_.find(text.substr(at, length));
      if (found == tokens_.end()) continue;
      const AddedToken& token = found->second;
      Match match{at, at + length, token.id};
      if (token.eats_left) match.begin = from + StripRight(text.substr(from, at - from)).size();
      if (token.eats_right) match.end = text.size() - StripLeft(text.substr(match.end)).size();
      return match;
    }
  }
  return std::nullopt;
}

}  // namespace semblance::encoder
