// WordPiece and byte-level BPE out of a tokenizer.json.
#include "engine/encoder/byte_pairs.h"
#include "engine/encoder/tokenizer_json_internal.h"
#include "engine/encoder/wordpiece.h"

namespace semblance::encoder {
namespace {

using nlohmann::json;

void RequireTypes(const std::vector<json>& components, const char* key, const std::string& model,
                  const std::string& wanted) {
  const std::string types = TypesOf(components);
  if (types == wanted) return;
  const auto named = [](const std::string& list) { return list.empty() ? "null" : list; };
  RefuseJson(key, "for " + model + " it must be " + named(wanted) + ", not " + named(types));
}

bool Flag(const json& object, const char* key, bool fallback) {
  return BoolOr(object, key, fallback, kTokenizerJson);
}

BertWordOptions ReadWords(const json& object) {
  const std::vector<json> normalizers = Components(object, "normalizer");
  RequireTypes(normalizers, "normalizer", "WordPiece", "BertNormalizer");
  RequireTypes(Components(object, "pre_tokenizer"), "pre_tokenizer", "WordPiece",
               "BertPreTokenizer");
  const json& normalizer = normalizers[0];
  if (!Flag(normalizer, "clean_text", true)) {
    RefuseJson("normalizer", "BertNormalizer with \"clean_text\": false");
  }
  BertWordOptions words;
  words.lower_case = Flag(normalizer, "lowercase", true);
  words.strip_accents = Flag(normalizer, "strip_accents", words.lower_case);
  words.split_chinese = Flag(normalizer, "handle_chinese_chars", true);
  return words;
}

MergeList ReadMergeList(const json& model) {
  const json list = model.value("merges", json());
  if (!list.is_array()) CorruptJson("the model's \"merges\" is not a list");
  MergeList merges;
  for (const json& merge : list) {
    // "a b", or since 2024 ["a", "b"]
    const bool pair =
        merge.is_array() && merge.size() == 2 && merge[0].is_string() && merge[1].is_string();
    const std::string text = merge.is_string() ? merge.get<std::string>() : "";
    const size_t space = text.find(' ');
    if (pair) {
      merges.emplace_back(merge[0].get<std::string>(), merge[1].get<std::string>());
    } else if (space != text.npos && text.find(' ', space + 1) == text.npos) {
      merges.emplace_back(text.substr(0, space), text.substr(space + 1));
    } else {
      CorruptJson("merge " + std::to_string(merges.size()) + " is not two tokens");
    }
  }
  return merges;
}

}  // namespace

JsonModel ReadWordPieceJson(const json& object, const json& model) {
  JsonModel read;
  read.vocabulary = VocabularyOf(model);
  WordPieceOptions options;
  options.words = ReadWords(object);
  options.unk = read.vocabulary.Require(StringOr(model, "unk_token", "[UNK]", kTokenizerJson),
                                        kTokenizerJson);
  options.continuing = StringOr(model, "continuing_subword_prefix", "##", kTokenizerJson);
  options.longest_word = static_cast<uint32_t>(
      IntegerOr(model, "max_input_chars_per_word", 100, 1, 1000, kTokenizerJson));
  read.parts.segmenter = MakeWordPiece(read.vocabulary, options);
  read.parts.ids.unk = options.unk;
  read.parts.fold = [words = options.words](std::string_view text) {
    return FoldAsBert(text, words);
  };
  read.folds = options.words.lower_case || options.words.strip_accents;
  return read;
}

JsonModel ReadBytePairsJson(const json& object, const json& model) {
  RequireTypes(Components(object, "normalizer"), "normalizer", "BPE", "");
  const std::vector<json> pre = Components(object, "pre_tokenizer");
  RequireTypes(pre, "pre_tokenizer", "BPE", "ByteLevel");
  if (!Flag(pre[0], "use_regex", true)) {
    RefuseJson("pre_tokenizer", "ByteLevel with \"use_regex\": false");
  }
  for (const char* key : {"dropout", "continuing_subword_prefix", "end_of_word_suffix"}) {
    const json value = model.value(key, json());
    const bool none = value.is_null() || value == "" || value == 0;
    if (!none) RefuseJson("model", std::string("BPE with \"") + key + "\"");
  }
  for (const char* key : {"byte_fallback", "ignore_merges"}) {
    if (Flag(model, key, false)) RefuseJson("model", std::string("BPE with \"") + key + "\"");
  }
  JsonModel read;
  read.vocabulary = VocabularyOf(model);
  const std::string unk = StringOr(model, "unk_token", "", kTokenizerJson);
  read.parts.ids.unk =
      unk.empty() ? read.vocabulary.Find("<unk>") : read.vocabulary.Require(unk, kTokenizerJson);
  read.parts.prefix_space = Flag(pre[0], "add_prefix_space", true);
  read.parts.segmenter =
      MakeBytePairs(read.vocabulary, ReadMergeList(model), unk.empty() ? -1 : read.parts.ids.unk);
  return read;
}

}  // namespace semblance::encoder
