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

// The rows of the index whose vocabulary is here and that `wanted` takes: of some the ids are there
// and the vocabulary is not. None when the whole folder is missing.
template <typename Wanted>
std::vector<std::string> NamesOf(Wanted wanted) {
  std::vector<std::string> names;
  if (!HasShared(std::string(kFolder) + "index.json")) return names;
  for (const auto& [name, row] : Index().items()) {
    const bool is_here = row.at("class") == "RobertaTokenizer" || VocabularyFile(row).has_value();
    if (is_here && wanted(name)) names.push_back(name);
  }
  return names;
}

bool IsRawSentencePiece(const std::string& name) { return name.starts_with("spm_"); }

json SpecialLiterals() {
  return json::parse(ReadShared(std::string(kFolder) + "special_literals.json"));
}

class GoldenTokenizersTest : public testing::TestWithParam<std::string> {};
class GoldenLiteralsTest : public testing::TestWithParam<std::string> {};
class GoldenLimitsTest : public testing::TestWithParam<std::string> {};

// Without the folder no test above is made; this one says so.
TEST(GoldenTokenizersFolder, IsBesideTheSource) {
  if (!HasShared(std::string(kFolder) + "index.json")) {
    GTEST_SKIP() << "no golden/tokenizers in " << SharedFolder();
  }
  EXPECT_GE(NamesOf([](const std::string&) { return true; }).size(), 16u);
}

TEST_P(GoldenTokenizersTest, EverySentenceHasTheIdsOfTheReference) {
  const std::string name = GetParam();
  const json& row = Index().at(name);
  const std::vector<Ids> expected = IdsOf(name);
  ASSERT_EQ(expected.size(), 319u);
  ASSERT_EQ(Sentences().size(), expected.size());
  std::function<Ids(const std::string&)> encode;
  if (IsRawSentencePiece(name)) {
    const auto file = VocabularyFile(row);
    ASSERT_TRUE(file);
    const std::shared_ptr<const SentencePieceText> text =
        SentencePieceText::Load(ReadShared(*file), *file);
    encode = [text](const std::string& sentence) { return text->Ids(ToValidUtf8(sentence)); };
  } else {
    const auto package = PackageOf(row);
    ASSERT_TRUE(package);
    const auto tokenizer = Tokenizer::Load(*package);
    encode = [tokenizer](const std::string& text) { return tokenizer->Encode(text, kNoLimit); };
  }
  for (size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(encode(Sentences()[i]), expected[i])
        << "sentence " << i + 1 << ": " << Sentences()[i];
  }
}

TEST_P(GoldenLiteralsTest, TextThatSpellsSpecialTokensHasTheIdsOfTheReference) {
  const std::string name = GetParam();
  const json literals = SpecialLiterals();
  const auto package = PackageOf(Index().at(name));
  ASSERT_TRUE(package);
  const auto tokenizer = Tokenizer::Load(*package);
  const json& texts = literals.at("texts");
  ASSERT_EQ(texts.size(), 9u);
  for (size_t i = 0; i < texts.size(); ++i) {
    EXPECT_EQ(tokenizer->Encode(texts[i].get<std::string>(), kNoLimit),
              literals["ids"][name][i].get<Ids>())
        << texts[i];
  }
}

TEST_P(GoldenLimitsTest, AnyLimitGivesTheBeginningOfTheWhole) {
  const std::string name = GetParam();
  const auto package = PackageOf(Index().at(name));
  ASSERT_TRUE(package);
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

std::string NameOf(const testing::TestParamInfo<std::string>& parameter) { return parameter.param; }

INSTANTIATE_TEST_SUITE_P(All, GoldenTokenizersTest,
                         testing::ValuesIn(NamesOf([](const std::string&) { return true; })),
                         NameOf);
INSTANTIATE_TEST_SUITE_P(All, GoldenLiteralsTest, testing::ValuesIn(NamesOf([](const auto& name) {
                           return SpecialLiterals().at("ids").contains(name);
                         })),
                         NameOf);
INSTANTIATE_TEST_SUITE_P(All, GoldenLimitsTest, testing::ValuesIn(NamesOf([](const auto& name) {
                           return !IsRawSentencePiece(name);
                         })),
                         NameOf);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(GoldenTokenizersTest);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(GoldenLiteralsTest);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(GoldenLimitsTest);

}  // namespace
}  // namespace semblance::encoder
