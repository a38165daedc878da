// BERT's masked-language-model corruption.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/encoder/tokenizer.h"
#include "engine/training/corpus.h"
#include "engine/training/random.h"

namespace semblance::training {

// Sentences with tokens replaced. Targets are counted over the sentences laid end to end in the
// given order.
struct MaskedSentences {
  std::vector<std::vector<int32_t>> sentences;
  std::vector<int64_t> sentence;  // [targets] which sentence
  std::vector<int64_t> position;  // [targets] where in it
  std::vector<int64_t> original;  // [targets] the id that stood there
};

// Picks `rate` of the ordinary tokens: of those 80 % become [MASK], 10 % a random ordinary piece,
// 10 % stay. special.mask must be >= 0. At least one token is picked when there is an ordinary one
// at all.
MaskedSentences MaskTokens(const std::vector<TokenIds>& sentences, double rate,
                           const encoder::SpecialIds& special, uint32_t vocabulary_size,
                           Random* random);

}  // namespace semblance::training
