// Keeps the sentences of the evaluation sets out of the training text.
#pragma once

#include <string>
#include <string_view>
#include <unordered_set>

namespace semblance::default_model {

// NFKC, case-folded, without punctuation, symbols and spaces: two texts with the same form count as
// the same.
std::string LeakForm(std::string_view text);

class LeakFilter {
 public:
  // Every text of every line of every .tsv below `folder`. Throws std::runtime_error when there is
  // none.
  explicit LeakFilter(const std::string& folder);

  bool Leaks(std::string_view text) const;
  size_t size() const { return forms_.size(); }

 private:
  std::unordered_set<std::string> forms_;
};

}  // namespace semblance::default_model
