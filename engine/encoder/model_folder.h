// Folders of published models as packages, and packages as folders that others can load.
//
// What can be read: BERT and its kin (config.h) as Hugging Face's transformers saves them, training
// checkpoints of SimCSE, and folders of sentence-transformers (sentence_transformers.h).
#pragma once

#include <optional>
#include <string>

#include "engine/encoder/model_package.h"
#include "engine/encoder/pooler.h"

namespace semblance::encoder {

// The folder as a package: its weights in one model.safetensors (checkpoint.h), and in config.json
// our own block, which says the pooler, the length and the prompt. The pooler is the one asked for,
// else the one that the folder says; throws kInvalid, explaining which belongs to which model, when
// neither does or two files of the folder contradict each other. A folder that ExportModelFolder
// wrote gives the package that was exported, with the same Id().
ModelPackage ImportModelFolder(const std::string& directory,
                               const std::optional<Pooler>& pooler = std::nullopt);

// Writes the package and, beside it, the files that transformers' AutoModel and AutoTokenizer and
// sentence-transformers look for (sentence_transformers.h, tokenizer_folder.h).
void ExportModelFolder(const ModelPackage& package, const std::string& directory);

}  // namespace semblance::encoder
