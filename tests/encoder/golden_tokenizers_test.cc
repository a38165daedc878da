// Every tokenizer against the reference implementation: 319 sentences in a hundred languages and
// texts that are hard on purpose, under real vocabularies (../shared/golden/tokenizers).
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "engine/encoder/sentencepiece_text.h"
#include "engine/encoder/tokenizer.h"
#include "engine/encoder/utf8.h"
#include "tests/encoder/fixtures.h"
#include "tests/encoder/shared_data.h"

namespace semblance::encoder {
namespace {

using nlohmann::json;
using Ids = std::vector<int32_t>;

constexpr uint32_t kNoLimit = 1u << 20;
constexpr const char* kFolder = "golden/tokenizers/";

const json& Index() {
  static const json index = json::parse(ReadShared(std::string(kFolder) + "index.json"));
  return index;
}

const std::vector<std::string>& Sentences() {
  static const std::vector<std::string> sentences = [] {
    std::vector<std::string> texts;
    std::istringstream lines(ReadShared(std::string(kFolder) + "sentences.jsonl"));
    for (std::string line; std::getline(lines, line);) texts.push_back(json::parse(line)[1]);
    return texts;
  }();
  return sentences;
}

std::vector<Ids> IdsOf(const std::string& name) {
  std::vector<Ids> all;
  std::istringstream lines(ReadShared(kFolder + name + ".ids.xz"));
  for (std::string line; std::getline(lines, line);) {
    std::istringstream numbers(line);
    Ids ids;
    for (int32_t id; numbers >> id;) ids.push_back(id);
    all.push_back(std::move(ids));
  }
  return all;
}

// The vocabulary that a row of the index names, if it is here.
std::optional<std::string> VocabularyFile(const json& row) {
  const std::string file = row.at("file");
  if (file.starts_with("models/")) return "golden/" + file;
  return SharedFileWithHash("data/tokenizers", row.at("file_sha256"));
}

std::optional<ModelPackage> PackageOf(const json& row) {
  ModelPackage package;
  const std::string file = row.at("file");
  if (file.starts_with("models/")) {
    for (const auto& [name, bytes] : GoldenModelFiles(file.substr(7))) package.Add(name, bytes);
    return package;
  }
  json config = row;
  config["tokenizer_class"] = row.at("class");
  package.Add("tokenizer_config.json", config.dump());
  if (row.at("class") == "RobertaTokenizer") {
    package.Add("vocab.json", ReadShared(std::string(kFolder) + "roberta_vocab.json.xz"));
    package.Add("merges.txt", ReadShared(std::string(kFolder) + "roberta_merges.txt.xz"));
    return package;
  }
  const auto vocabulary = VocabularyFile(row);
  if (!vocabulary) return std::nullopt;
  package.Add("vocab.txt", ReadShared(*vocabulary));
  return package;
}

class GoldenTokenizersTest : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    if (!HasShared(std::string(kFolder) + "index.json")) {
      GTEST_SKIP() << "no golden/tokenizers in " << SharedFolder();
    }
  }
};

TEST_P(GoldenTokenizersTest, EverySentenceHasTheIdsOfTheReference) {
  const std::string name = GetParam();
  const json& row = Index().at(name);
  const std::vector<Ids> expected = IdsOf(name);
  ASSERT_EQ(expected.size(), 319u);
  ASSERT_EQ(Sentences().size(), expected.size());
  std::function<Ids(const std::string&)> encode;
  if (name.starts_with("spm_")) {
    const auto file = VocabularyFile(row);
    if (!file) GTEST_SKIP() << row.at("file") << " is not in " << SharedFolder();
    const std::shared_ptr<const SentencePieceText> text =
        SentencePieceText::Load(ReadShared(*file), *file);
    encode = [text](const std::string& sentence) { return text->Ids(ToValidUtf8(sentence)); };
  } else {
    const auto package = PackageOf(row);
    if (!package) GTEST_SKIP() << row.at("file") << " is not in " << SharedFolder();
    const auto tokenizer = Tokenizer::Load(*package);
    encode = [tokenizer](const std::string& text) { return tokenizer->Encode(text, kNoLimit); };
  }
  for (size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(encode(Sentences()[i]), expected[i])
        << "sentence " << i + 1 << ": " << Sentences()[i];
  }
}

TEST_P(GoldenTokenizersTest, TextThatSpellsSpecialTokensHasTheIdsOfTheReference) {
  const std::string name = GetParam();
  const json literals = json::parse(ReadShared(std::string(kFolder) + "special_literals.json"));
  if (!literals.at("ids").contains(name)) GTEST_SKIP() << "nothing is known of " << name;
  const auto package = PackageOf(Index().at(name));
  if (!package) GTEST_SKIP() << "its vocabulary is not in " << SharedFolder();
  const auto tokenizer = Tokenizer::Load(*package);
  const json& texts = literals.at("texts");
  ASSERT_EQ(texts.size(), 9u);
  for (size_t i = 0; i < texts.size(); ++i) {
    EXPECT_EQ(tokenizer->Encode(texts[i].get<std::string>(), kNoLimit),
              literals["ids"][name][i].get<Ids>())
        << texts[i];
  }
}

TEST_P(GoldenTokenizersTest, AnyLimitGivesTheBeginningOfTheWhole) {
  const std::string name = GetParam();
  if (name.starts_with("spm_")) GTEST_SKIP() << "has no limit";
  const auto package = PackageOf(Index().at(name));
  if (!package) GTEST_SKIP() << "its vocabulary is not in " << SharedFolder();
  const auto tokenizer = Tokenizer::Load(*package);
  const std::vector<Ids> expected = IdsOf(name);
  for (size_t i = 0; i < expected.size(); ++i) {
    for (const size_t most : {2, 3, 7, 16, 64}) {
      Ids cut = expected[i];
      if (cut.size() > most) {
        cut.resize(most);
        cut.back() = expected[i].back();
      }
      EXPECT_EQ(tokenizer->Encode(Sentences()[i], static_cast<uint32_t>(most)), cut)
          << "sentence " << i + 1 << ", at most " << most;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, GoldenTokenizersTest,
                         testing::Values("bert_base_uncased", "bert_base_cased", "bert_multi_cased",
                                         "bert_chinese", "bert_base_uncased_keep_accents",
                                         "bert_base_cased_no_cjk_split", "roberta_base",
                                         "roberta_base_prefix_space", "spm_xlnet", "spm_laser50k",
                                         "spm_laser100k", "spm_sentencepiece_test_model",
                                         "spm_sentencepiece_test_ja_model", "spm_tiny_xlm_roberta",
                                         "spm_tiny_albert", "tiny_bert_uncased", "tiny_bert_cased",
                                         "tiny_roberta", "tiny_xlm_roberta", "tiny_mpnet",
                                         "tiny_albert"),
                         [](const auto& parameter) { return std::string(parameter.param); });

}  // namespace
}  // namespace semblance::encoder
