// The tokenizers of data/ as packages, and as the tokenizer.json that a fast tokenizer would keep.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "engine/encoder/model_package.h"
#include "engine/encoder/tokenizer.h"

namespace semblance::encoder {

using Ids = std::vector<int32_t>;

// The folders of data/ that have one of another kind than SentencePiece.
inline constexpr const char* kImported[] = {"bert_uncased", "bert_cased", "roberta",
                                            "xlm_roberta",  "mpnet",      "albert"};

// config.json and the tokenizer's files.
ModelPackage TokenizerFiles(const std::string& folder);

// The same in one file; a test changes what it is about.
nlohmann::json TokenizerJson(const std::string& folder);
ModelPackage PackageOfJson(const nlohmann::json& tokenizer);

ModelPackage Package(const std::vector<std::pair<std::string, std::string>>& files);

// What Tokenizer::Load says is wrong; empty when it loads.
std::string WhatIsWrong(const ModelPackage& package);

}  // namespace semblance::encoder
