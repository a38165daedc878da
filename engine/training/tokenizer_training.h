// A sentencepiece unigram tokenizer made from the rows themselves.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "engine/encoder/model_package.h"
#include "engine/training/options.h"

namespace semblance::training {

// The tokenizer sees no more of a text than this; one that is longer may be given cut to one byte
// more, and gives the same.
constexpr size_t kTokenizerTextBytes = 4000;

// Which of `total` texts, in their order, is the `i`-th of a sample of `count`.
inline size_t SampledText(size_t i, size_t count, size_t total) {
  return static_cast<size_t>(static_cast<unsigned __int128>(i) * total / count);
}

// Adds tokenizer.model and tokenizer_config.json to `package`. Uses at most options.tokenizer_rows
// of `texts`, evenly spread. The vocabulary has at most options.vocab_size pieces (more only when
// the characters alone are more), fewer when the text does not give so many. Special pieces: <pad>
// 0, <unk> 1, [CLS] 2, [SEP] 3, [MASK] 4. Throws encoder::Error kInvalid when there is no usable
// text. Prints nothing; writes no file.
void TrainTokenizer(const std::vector<std::string_view>& texts, const Options& options,
                    encoder::ModelPackage* package);

}  // namespace semblance::training
