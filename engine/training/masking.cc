#include "engine/training/masking.h"

namespace semblance::training {
namespace {

bool IsSpecial(int32_t id, const encoder::SpecialIds& special) {
  return id == special.pad || id == special.cls || id == special.sep || id == special.mask;
}

int32_t RandomPiece(const encoder::SpecialIds& special, uint32_t vocabulary_size, Random* random) {
  // A few tries avoid the specials; a vocabulary of nothing else is not worth a loop without end.
  int32_t id = special.mask;
  for (int tries = 0; tries < 16 && (IsSpecial(id, special) || id == special.unk); ++tries) {
    id = static_cast<int32_t>(random->Below(vocabulary_size));
  }
  return id;
}

}  // namespace

MaskedSentences MaskTokens(const std::vector<TokenIds>& sentences, double rate,
                           const encoder::SpecialIds& special, uint32_t vocabulary_size,
                           Random* random) {
  MaskedSentences out;
  const auto pick = [&](size_t sentence, size_t position) {
    int32_t& id = out.sentences[sentence][position];
    out.sentence.push_back(static_cast<int64_t>(sentence));
    out.position.push_back(static_cast<int64_t>(position));
    out.original.push_back(id);
    const double what = random->Uniform();
    if (what < 0.8) {
      id = special.mask;
    } else if (what < 0.9) {
      id = RandomPiece(special, vocabulary_size, random);
    }
  };
  for (size_t s = 0; s < sentences.size(); ++s) {
    out.sentences.emplace_back(sentences[s].begin(), sentences[s].end());
    for (size_t p = 0; p < sentences[s].size(); ++p) {
      if (!IsSpecial(sentences[s][p], special) && random->Uniform() < rate) pick(s, p);
    }
  }
  for (size_t s = 0; s < sentences.size() && out.original.empty(); ++s) {
    for (size_t p = 0; p < sentences[s].size() && out.original.empty(); ++p) {
      if (!IsSpecial(sentences[s][p], special)) pick(s, p);
    }
  }
  return out;
}

}  // namespace semblance::training
