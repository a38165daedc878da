// A sentencepiece unigram tokenizer made from the rows themselves.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/encoder/model_package.h"
#include "engine/training/options.h"

namespace semblance::training {

// Adds tokenizer.model and tokenizer_config.json to `package`. Uses at most options.tokenizer_rows
// of `texts`, evenly spread. The vocabulary has at most options.vocab_size pieces (more only when
// the characters alone are more), fewer when the text does not give so many. Special pieces: <pad>
// 0, <unk> 1, [CLS] 2, [SEP] 3, [MASK] 4. Throws encoder::Error kInvalid when there is no usable
// text. Prints nothing; writes no file.
void TrainTokenizer(const std::vector<std::string_view>& texts, const Options& options,
                    encoder::ModelPackage* package);

}  // namespace semblance::training
