// What the tokenizers of published models have in common: special and added tokens are found in the
// text by their spelling, what stands between them goes through the model's own segmentation, and
// one token begins and another ends the sequence.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/encoder/added_tokens.h"
#include "engine/encoder/tokenizer.h"

namespace semblance::encoder {

// Text without added tokens, to ids. Constant after construction.
class Segmenter {
 public:
  virtual ~Segmenter() = default;
  // Appends the ids of `text`, well-formed UTF-8. May stop early once `ids` has `enough` of them.
  virtual void Append(std::string_view text, size_t enough, std::vector<int32_t>* ids) const = 0;
};

struct ImportedParts {
  AddedTokens exact;  // found in the text as it is
  // Found in what `fold` makes of the text between those; looked at only where there are any.
  AddedTokens folded;
  std::function<std::string(std::string_view)> fold;
  std::unique_ptr<const Segmenter> segmenter;
  // The segmenter never stops early, and is slow with some texts: they are looked at no further
  // than text_beginning.h says.
  bool bounded = false;
  bool prefix_space = false;  // a text that does not begin with a space gets one
  SpecialIds ids;             // cls and sep are there
  uint32_t vocabulary_size = 0;
};

// Text of nothing but spaces gives the two specials.
std::shared_ptr<const Tokenizer> MakeImportedTokenizer(ImportedParts parts);

}  // namespace semblance::encoder
