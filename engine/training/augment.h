// Second views of a text: what the SimCSE paper compares with dropout alone. A positive that is
// made by changing the text's words (augment "crop", "delete_words", "delete_word"), by letting the
// masked-language model put others in ("mlm"), or that is the next row ("next_sentence").
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/encoder/tokenizer.h"
#include "engine/training/corpus.h"
#include "engine/training/learner.h"
#include "engine/training/options.h"
#include "engine/training/random.h"

namespace semblance::training {

// Whether `augment` needs to know where words begin (Corpus::begins).
bool ChangesWords(const std::string& augment);

// The text with some words taken away; the specials at its ends and one word at least stay.
// `begins` says for each id whether a word begins there; where there are no two words, each id
// counts as one.
//   crop          a run of words is kept; the share `rate` of the words on average is not
//   delete_words  each word goes with probability `rate`
//   delete_word   one word goes
std::vector<int32_t> ChangeWords(TokenIds text, const std::vector<bool>& begins,
                                 const std::string& augment, double rate, Random* random);

// The views of a run. The same step gives the same ones, whatever was asked for before.
class Views {
 public:
  // `corpus` outlives it. `special` and `vocabulary_size` are the tokenizer's.
  Views(const Corpus& corpus, const Options& options, const encoder::SpecialIds& special,
        uint32_t vocabulary_size);

  // The second views of `rows` of a corpus of one column. `learner` is asked by "mlm" only.
  std::vector<std::vector<int32_t>> Of(const std::vector<uint32_t>& rows, int64_t step,
                                       Learner* learner) const;

 private:
  std::vector<std::vector<int32_t>> Replaced(const std::vector<uint32_t>& rows, Random* random,
                                             Learner* learner) const;

  const Corpus& corpus_;
  const std::string augment_;
  const double rate_;
  const uint64_t seed_;
  const encoder::SpecialIds special_;
  const uint32_t vocabulary_size_;
};

}  // namespace semblance::training
