// The tokenizers of the tiny models in data/ against the reference implementation, from their own
// files and from a tokenizer.json that says the same.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/encoder/fixtures.h"
#include "tests/encoder/tokenizer_files.h"

namespace semblance::encoder {
namespace {

using nlohmann::json;
using testing::ElementsAre;

json Golden(const std::string& folder) { return json::parse(ReadTestFile(folder + "/ids.json")); }

class ImportedTokenizersTest : public testing::TestWithParam<const char*> {};

TEST_P(ImportedTokenizersTest, IdsAreThoseOfTheReference) {
  const json golden = Golden(GetParam());
  const auto tokenizer = Tokenizer::Load(TokenizerFiles(GetParam()));
  ASSERT_EQ(golden["sentences"].size(), 16u);
  for (const json& sentence : golden["sentences"]) {
    const std::string text = sentence["text"];
    EXPECT_EQ(tokenizer->Encode(text, 100'000), sentence["ids_full"].get<Ids>()) << text;
    EXPECT_EQ(tokenizer->Encode(text, 16), sentence["ids_max16"].get<Ids>()) << text;
  }
}

TEST_P(ImportedTokenizersTest, ATokenizerJsonThatSaysTheSameGivesTheSame) {
  const std::string folder = GetParam();
  const auto tokenizer = Tokenizer::Load(PackageOfJson(TokenizerJson(folder)));
  const json golden = Golden(folder);
  for (const json& sentence : golden["sentences"]) {
    // Only the other form cuts "1," in two.
    if (folder == "albert" && sentence["name"] == "numbers") continue;
    const std::string text = sentence["text"];
    EXPECT_EQ(tokenizer->Encode(text, 100'000), sentence["ids_full"].get<Ids>()) << text;
    EXPECT_EQ(tokenizer->Encode(text, 16), sentence["ids_max16"].get<Ids>()) << text;
  }
}

TEST_P(ImportedTokenizersTest, SpecialIdsAndTheSizeOfTheVocabularyAreThoseOfTheReference) {
  const json special = Golden(GetParam())["special_ids"];
  const json config = json::parse(TokenizerFiles(GetParam()).File("config.json"));
  for (const ModelPackage& package :
       {TokenizerFiles(GetParam()), PackageOfJson(TokenizerJson(GetParam()))}) {
    const auto tokenizer = Tokenizer::Load(package);
    const SpecialIds& ids = tokenizer->special_ids();
    EXPECT_EQ(ids.pad, special["pad"]);
    EXPECT_EQ(ids.unk, special["unk"]);
    EXPECT_EQ(ids.cls, special["cls"]);
    EXPECT_EQ(ids.sep, special["sep"]);
    EXPECT_EQ(ids.mask, special["mask"]);
    EXPECT_EQ(tokenizer->vocabulary_size(), config["vocab_size"]);
  }
}

TEST_P(ImportedTokenizersTest, NothingButSpacesGivesTheSpecials) {
  for (const ModelPackage& package :
       {TokenizerFiles(GetParam()), PackageOfJson(TokenizerJson(GetParam()))}) {
    const auto tokenizer = Tokenizer::Load(package);
    const auto specials = ElementsAre(tokenizer->special_ids().cls, tokenizer->special_ids().sep);
    for (const char* text : {"", " ", " \t\n ", "\xe3\x80\x80"}) {
      EXPECT_THAT(tokenizer->Encode(text, 64), specials);
      EXPECT_THAT(tokenizer->Encode(text, 2), specials);
    }
    EXPECT_THAT(tokenizer->Encode("some text", 2), specials);
    EXPECT_EQ(KindOf([&] { tokenizer->Encode("a", 1); }), ErrorKind::kInvalid);
  }
}

TEST_P(ImportedTokenizersTest, ASpecialTokenThatATextSpellsIsThatToken) {
  for (const ModelPackage& package :
       {TokenizerFiles(GetParam()), PackageOfJson(TokenizerJson(GetParam()))}) {
    const auto tokenizer = Tokenizer::Load(package);
    const SpecialIds& ids = tokenizer->special_ids();
    const bool brackets =
        std::string(GetParam()).starts_with("bert") || std::string(GetParam()) == "albert";
    const Ids a = tokenizer->Encode("a", 64);
    Ids expected = a;
    expected.insert(expected.end() - 1, ids.mask);
    EXPECT_EQ(tokenizer->Encode(brackets ? "a [MASK]" : "a <mask>", 64), expected);
    EXPECT_THAT(tokenizer->Encode(brackets ? "[SEP]" : "</s>", 64),
                ElementsAre(ids.cls, ids.sep, ids.sep));
  }
}

TEST_P(ImportedTokenizersTest, MegabytesThatBecomeFewIdsAreLeftBeforeTheyTakeLong) {
  const auto tokenizer = Tokenizer::Load(TokenizerFiles(GetParam()));
  std::string run;
  while (run.size() < 60'000) run += "\xf0\x9f\x8e\xb8";
  std::string text;
  while (text.size() < 4'000'000) text += run + " </s> [SEP] ";
  const Ids ids = tokenizer->Encode(text, 64);
  EXPECT_GE(ids.size(), 3u);
  EXPECT_LE(ids.size(), 64u);
}

INSTANTIATE_TEST_SUITE_P(All, ImportedTokenizersTest, testing::ValuesIn(kImported),
                         [](const auto& parameter) { return std::string(parameter.param); });

}  // namespace
}  // namespace semblance::encoder
