// tokenizer.json, the one file in which Hugging Face's fast tokenizers are kept: a chain of
// components, each with a "type". Chains that say what a kind of tokenizer here does are followed,
// others refused by the name of the component. Private to engine/encoder/, since it names nlohmann.
//
//   model            WordPiece            BPE         Unigram
//   normalizer       BertNormalizer       none        Precompiled, ALBERT's, or none
//   pre_tokenizer    BertPreTokenizer     ByteLevel   Metaspace, or WhitespaceSplit and Metaspace
//   post_processor   BertProcessing, RobertaProcessing, or a TemplateProcessing of one token, the
//                    text and one token
//
// "truncation", "padding" and "decoder" have no say here.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/encoder/imported_tokenizer.h"
#include "engine/encoder/json_internal.h"
#include "engine/encoder/vocabulary.h"

namespace semblance::encoder {

inline constexpr const char* kTokenizerJson = "tokenizer.json";

// What the model's type makes of the file: in `parts` the segmenter, unk, prefix_space, fold and
// the vocabulary's size; and the vocabulary itself.
struct JsonModel {
  ImportedParts parts;
  Vocabulary vocabulary;
  bool folds = false;  // tokens that are "normalized" are looked for in the folded text
};

// `object` is the whole file, `model` its member of that name.
JsonModel ReadWordPieceJson(const nlohmann::json& object, const nlohmann::json& model);
JsonModel ReadBytePairsJson(const nlohmann::json& object, const nlohmann::json& model);
JsonModel ReadUnigramJson(const nlohmann::json& object, const nlohmann::json& model);

// Throws kUnsupported: the `component` ("normalizer") is not understood for what `reason` says.
[[noreturn]] void RefuseJson(const std::string& component, const std::string& reason);
[[noreturn]] void CorruptJson(const std::string& message);

// The components under `key`: none where it is null, those inside where it is a "Sequence". Each is
// an object with a text as "type".
std::vector<nlohmann::json> Components(const nlohmann::json& object, const char* key);
std::string TypeOf(const nlohmann::json& component);
// "WhitespaceSplit, Metaspace", for messages.
std::string TypesOf(const std::vector<nlohmann::json>& components);
// The member as a Vocabulary.
Vocabulary VocabularyOf(const nlohmann::json& model);

}  // namespace semblance::encoder
