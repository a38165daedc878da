// A sentencepiece tokenizer of ours in a folder that transformers' AutoTokenizer loads too.
//
// transformers knows no class that is just sentencepiece. The nearest is ALBERT's, with accents
// kept: it puts the same [CLS] and [SEP] around the same ids, but replaces `` and '' by " first,
// and splits a comma off a number. So a folder gets ALBERT's spiece.model and
// tokenizer_config.json, and the latter carries our own, whole, under the key "semblance".
#pragma once

#include <string>

#include "engine/encoder/model_package.h"

namespace semblance::encoder {

// Into a folder that has the package's files. Nothing for other kinds of tokenizer, which have
// transformers' names already.
void WriteTokenizerFiles(const ModelPackage& package, int64_t max_length,
                         const std::string& directory);

// The way back, for a package that was read from such a folder; others stay as they are.
void RestoreTokenizerFiles(ModelPackage* package);

}  // namespace semblance::encoder
