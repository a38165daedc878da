// A long text in passages that a model reads whole.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "engine/encoder/tokenizer.h"

namespace semblance::encoder {

// Bytes of the text.
struct Passage {
  size_t begin = 0, length = 0;
};

struct PassageLimits {
  uint32_t tokens = 0;   // of a passage at most, [CLS] and [SEP] included; at least LeastTokens
  uint32_t overlap = 0;  // tokens at most that a passage repeats of the one before; below
                         // tokens - LeastTokens + 1
};

// What a passage of one token takes, with [CLS] and [SEP].
uint32_t LeastTokens(const Tokenizer& tokenizer);

// Passages in the order of the text. They begin and end with words (what stands between spaces),
// and a word is cut, between two characters, only where it alone is longer than a passage; a
// character that alone has more tokens is a passage of its own. Spaces around a passage are not
// part of it; a text of nothing else has no passages.
// `cancel`, when given, is polled now and then; true throws kInterrupted.
std::vector<Passage> CutIntoPassages(const Tokenizer& tokenizer, std::string_view text,
                                     const PassageLimits& limits,
                                     const std::function<bool()>& cancel = {});

}  // namespace semblance::encoder
