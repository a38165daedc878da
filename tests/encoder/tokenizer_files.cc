#include "tests/encoder/tokenizer_files.h"

#include <bit>
#include <filesystem>
#include <sstream>

#include "engine/encoder/wire.h"
#include "tests/encoder/fixtures.h"

namespace semblance::encoder {
namespace {

using nlohmann::json;

json Added(const std::string& text, int32_t id, bool eats_left = false) {
  return {{"id", id},        {"content", text},     {"single_word", false}, {"lstrip", eats_left},
          {"rstrip", false}, {"normalized", false}, {"special", true}};
}

json Framed(const std::string& cls, int32_t cls_id, const std::string& sep, int32_t sep_id) {
  const auto special = [](const std::string& text, int32_t id) {
    return json{{"id", text}, {"ids", {id}}, {"tokens", {text}}};
  };
  return {{"type", "TemplateProcessing"},
          {"single",
           {{{"SpecialToken", {{"id", cls}, {"type_id", 0}}}},
            {{"Sequence", {{"id", "A"}, {"type_id", 0}}}},
            {{"SpecialToken", {{"id", sep}, {"type_id", 0}}}}}},
          {"pair", json::array()},
          {"special_tokens", {{cls, special(cls, cls_id)}, {sep, special(sep, sep_id)}}}};
}

json WordPieceJson(const std::string& folder) {
  json vocabulary = json::object();
  std::istringstream lines(ReadTestFile(folder + "/vocab.txt"));
  int32_t id = 0;
  for (std::string line; std::getline(lines, line); ++id) vocabulary[line] = id;
  const bool mpnet = folder == "mpnet";
  json added = json::array();
  for (const char* text : {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"}) {
    if (!mpnet || text == std::string("[UNK]")) added.push_back(Added(text, vocabulary[text]));
  }
  for (const char* text : {"<s>", "<pad>", "</s>", "<mask>"}) {
    if (mpnet) added.push_back(Added(text, vocabulary[text], text == std::string("<mask>")));
  }
  const json post =
      mpnet ? json{{"type", "RobertaProcessing"}, {"sep", {"</s>", 2}}, {"cls", {"<s>", 0}}}
            : Framed("[CLS]", 101, "[SEP]", 102);
  return {{"added_tokens", added},
          {"normalizer",
           {{"type", "BertNormalizer"},
            {"clean_text", true},
            {"handle_chinese_chars", true},
            {"strip_accents", nullptr},
            {"lowercase", folder != "bert_cased"}}},
          {"pre_tokenizer", {{"type", "BertPreTokenizer"}}},
          {"post_processor", post},
          {"decoder", {{"type", "WordPiece"}}},
          {"model",
           {{"type", "WordPiece"},
            {"unk_token", "[UNK]"},
            {"continuing_subword_prefix", "##"},
            {"max_input_chars_per_word", 100},
            {"vocab", vocabulary}}}};
}

json BytePairsJson(const std::string& folder) {
  const json vocabulary = json::parse(ReadTestFile(folder + "/vocab.json"));
  json merges = json::array();
  std::istringstream lines(ReadTestFile(folder + "/merges.txt"));
  std::string line;
  std::getline(lines, line);
  while (std::getline(lines, line)) merges.push_back(line);
  json added = json::array();
  for (const char* text : {"<s>", "<pad>", "</s>", "<unk>"}) {
    added.push_back(Added(text, vocabulary[text]));
  }
  added.push_back(Added("<mask>", vocabulary["<mask>"], true));
  return {{"added_tokens", added},
          {"normalizer", nullptr},
          {"pre_tokenizer",
           {{"type", "ByteLevel"}, {"add_prefix_space", false}, {"trim_offsets", true}}},
          {"post_processor",
           {{"type", "RobertaProcessing"}, {"sep", {"</s>", 2}}, {"cls", {"<s>", 0}}}},
          {"model",
           {{"type", "BPE"},
            {"dropout", nullptr},
            {"unk_token", nullptr},
            {"continuing_subword_prefix", ""},
            {"end_of_word_suffix", ""},
            {"fuse_unk", false},
            {"vocab", vocabulary},
            {"merges", merges}}}};
}

std::string Base64(std::string_view bytes) {
  constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t bits = 0;
    for (size_t j = i; j < i + 3; ++j) {
      bits = bits << 8 | (j < bytes.size() ? static_cast<unsigned char>(bytes[j]) : 0u);
    }
    for (int j = 0; j < 4; ++j) {
      text.push_back(i + j > bytes.size() ? '=' : kAlphabet[bits >> (18 - 6 * j) & 63]);
    }
  }
  return text;
}

// The pieces with their scores, and the normalisation table, of a sentencepiece model.
json PiecesOf(const std::string& model, std::string* charsmap) {
  json pieces = json::array();
  WireReader reader(model);
  while (const auto field = reader.Next()) {
    std::string text;
    double score = 0;
    WireReader inner(field->number == 1 || field->number == 3 ? field->bytes : "");
    while (const auto part = inner.Next()) {
      if (field->number == 3 && part->number == 2) *charsmap = part->bytes;
      if (field->number == 1 && part->number == 1) text = part->bytes;
      if (field->number == 1 && part->number == 2) {
        score = std::bit_cast<float>(static_cast<uint32_t>(part->value));
      }
    }
    if (field->number == 1) pieces.push_back({text, score});
  }
  return pieces;
}

json UnigramJson(const json& pieces, int unk, const json& added, const json& normalizers,
                 const json& post) {
  return {
      {"added_tokens", added},
      {"normalizer", {{"type", "Sequence"}, {"normalizers", normalizers}}},
      {"pre_tokenizer",
       {{"type", "Sequence"},
        {"pretokenizers",
         {{{"type", "WhitespaceSplit"}},
          {{"type", "Metaspace"}, {"replacement", "\xE2\x96\x81"}, {"add_prefix_space", true}}}}}},
      {"post_processor", post},
      {"model", {{"type", "Unigram"}, {"unk_id", unk}, {"vocab", pieces}}}};
}

json XlmRobertaJson() {
  std::string charsmap;
  json pieces = PiecesOf(ReadTestFile("xlm_roberta/sentencepiece.bpe.model"), &charsmap);
  json numbered = json::array();
  for (const char* text : {"<s>", "<pad>", "</s>", "<unk>"}) numbered.push_back({text, 0.0});
  numbered.insert(numbered.end(), pieces.begin() + 3, pieces.end());
  numbered.push_back({"<mask>", 0.0});
  const auto mask = static_cast<int32_t>(numbered.size()) - 1;
  return UnigramJson(numbered, 3,
                     {Added("<s>", 0), Added("<pad>", 1), Added("</s>", 2), Added("<unk>", 3),
                      Added("<mask>", mask, true)},
                     {{{"type", "Precompiled"}, {"precompiled_charsmap", Base64(charsmap)}},
                      {{"type", "Replace"}, {"pattern", {{"Regex", " {2,}"}}}, {"content", " "}}},
                     Framed("<s>", 0, "</s>", 2));
}

json AlbertJson() {
  std::string charsmap;
  const json pieces = PiecesOf(ReadTestFile("albert/spiece.model"), &charsmap);
  const auto replace = [](const char* what) {
    return json{{"type", "Replace"}, {"pattern", {{"String", what}}}, {"content", "\""}};
  };
  return UnigramJson(pieces, 1,
                     {Added("<pad>", 0), Added("<unk>", 1), Added("[CLS]", 2), Added("[SEP]", 3),
                      Added("[MASK]", 4, true)},
                     {replace("``"),
                      replace("''"),
                      {{"type", "NFKD"}},
                      {{"type", "StripAccents"}},
                      {{"type", "Lowercase"}}},
                     Framed("[CLS]", 2, "[SEP]", 3));
}

}  // namespace

ModelPackage TokenizerFiles(const std::string& folder) {
  ModelPackage package;
  const std::string data = std::string(SEMBLANCE_SOURCE_DIR) + "/tests/encoder/data/";
  for (const char* file :
       {"config.json", "vocab.txt", "vocab.json", "merges.txt", "sentencepiece.bpe.model",
        "spiece.model", "tokenizer_config.json", "special_tokens_map.json"}) {
    const std::string name = folder + "/" + file;
    if (std::filesystem::exists(data + name)) package.Add(file, ReadTestFile(name));
  }
  return package;
}

json TokenizerJson(const std::string& folder) {
  if (folder == "roberta") return BytePairsJson(folder);
  if (folder == "xlm_roberta") return XlmRobertaJson();
  if (folder == "albert") return AlbertJson();
  return WordPieceJson(folder);
}

ModelPackage PackageOfJson(const json& tokenizer) {
  return Package({{"tokenizer.json", tokenizer.dump()}});
}

ModelPackage Package(const std::vector<std::pair<std::string, std::string>>& files) {
  ModelPackage package;
  for (const auto& [name, bytes] : files) package.Add(name, bytes);
  return package;
}

std::string WhatIsWrong(const ModelPackage& package) {
  try {
    Tokenizer::Load(package);
    return "";
  } catch (const Error& error) {
    return error.what();
  }
}

}  // namespace semblance::encoder
