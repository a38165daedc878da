// Which tokenizer a package gets, and what is said where none can be had.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/encoder/fixtures.h"
#include "tests/encoder/tokenizer_files.h"

namespace semblance::encoder {
namespace {

using testing::AllOf;
using testing::HasSubstr;

constexpr const char* kSentence = "The caf\xc3\xa9 is <mask> [MASK] open";

Ids Encoded(const ModelPackage& package) { return Tokenizer::Load(package)->Encode(kSentence, 64); }

ModelPackage With(ModelPackage package, const std::string& name, const std::string& bytes) {
  package.Add(name, bytes);
  return package;
}

// The same files without some.
ModelPackage Without(const ModelPackage& package, const std::vector<std::string>& names) {
  ModelPackage rest;
  for (const auto& [name, bytes] : package.files()) {
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      rest.Add(name, std::string(bytes));
    }
  }
  return rest;
}

TEST(TokenizerKindsTest, TheClassDecidesFirst) {
  const ModelPackage files = TokenizerFiles("bert_uncased");
  const Ids ids = Encoded(files);
  const ModelPackage other = With(Without(files, {"special_tokens_map.json"}), "config.json",
                                  R"({"model_type": "mpnet"})");
  for (const char* name : {"BertTokenizer", "BertTokenizerFast"}) {
    const std::string config = R"({"tokenizer_class": ")" + std::string(name) + "\"}";
    EXPECT_EQ(Encoded(With(other, "tokenizer_config.json", config)), ids);
  }
  EXPECT_THAT(WhatIsWrong(With(other, "tokenizer_config.json", "{}")),
              HasSubstr("vocab.txt has no token \"<s>\""));
}

TEST(TokenizerKindsTest, ThenTheModelTypeThenTheFiles) {
  for (const char* folder : kImported) {
    const ModelPackage files = TokenizerFiles(folder);
    const Ids ids = Encoded(files);
    EXPECT_EQ(Encoded(Without(files, {"special_tokens_map.json"})), ids) << folder;
    if (std::string(folder) == "mpnet") continue;  // vocab.txt alone is BERT's
    EXPECT_EQ(Encoded(Without(files, {"config.json"})), ids) << folder;
    EXPECT_EQ(Encoded(With(files, "config.json", R"({"model_type": "gpt5"})")), ids) << folder;
  }
}

TEST(TokenizerKindsTest, ATokenizerJsonStandsInForFilesThatAreNotThere) {
  for (const char* folder : kImported) {
    const ModelPackage files = TokenizerFiles(folder);
    const Ids ids = Encoded(files);
    ModelPackage fast = Without(files, {"vocab.txt", "vocab.json", "merges.txt", "spiece.model",
                                        "sentencepiece.bpe.model"});
    fast = With(fast, "tokenizer.json", TokenizerJson(folder).dump());
    EXPECT_EQ(Encoded(fast), ids) << folder;
    for (const char* name : {"PreTrainedTokenizerFast", "NobodyKnowsTokenizer"}) {
      const std::string config = R"({"tokenizer_class": ")" + std::string(name) + "\"}";
      EXPECT_EQ(Encoded(With(fast, "tokenizer_config.json", config)), ids) << folder;
    }
  }
}

TEST(TokenizerKindsTest, WhereThereIsNoneTheErrorSaysWhatWasLookedFor) {
  EXPECT_THAT(WhatIsWrong(ModelPackage()),
              AllOf(HasSubstr("tokenizer_class"), HasSubstr("vocab.txt, vocab.json"),
                    HasSubstr("sentencepiece.bpe.model"), HasSubstr("tokenizer.json")));
  EXPECT_THAT(
      WhatIsWrong(Package({{"tokenizer_config.json", R"({"tokenizer_class": "BertTokenizer"})"}})),
      HasSubstr("\"BertTokenizer\", which needs vocab.txt or tokenizer.json"));
  EXPECT_THAT(WhatIsWrong(Package({{"tokenizer_config.json", R"({"tokenizer_class": "MeCab"})"}})),
              AllOf(HasSubstr("\"MeCab\""), HasSubstr("BertTokenizer, MPNetTokenizer")));
}

TEST(TokenizerKindsTest, CamembertNumbersThePiecesOfItsModelInAWayOfItsOwn) {
  const std::string model = ReadTestFile("xlm_roberta/sentencepiece.bpe.model");
  const auto xlm = Tokenizer::Load(TokenizerFiles("xlm_roberta"));
  const auto camembert = Tokenizer::Load(
      Package({{"sentencepiece.bpe.model", model},
               {"tokenizer_config.json", R"({"tokenizer_class": "CamembertTokenizer"})"}}));
  EXPECT_EQ(camembert->special_ids().cls, 5);
  EXPECT_EQ(camembert->special_ids().sep, 6);
  EXPECT_EQ(camembert->special_ids().pad, 1);
  EXPECT_EQ(camembert->special_ids().unk, 3);
  EXPECT_EQ(camembert->special_ids().mask, 2004);
  EXPECT_EQ(camembert->vocabulary_size(), 2005u);
  const std::string text = "The caf\xc3\xa9 is open \xf0\x9f\x8e\xb8";
  Ids expected = xlm->Encode(text, 64);
  for (int32_t& id : expected) {
    if (id != 3) id += 3;  // its offset is 4 where the other's is 1
  }
  expected.front() = 5;
  expected.back() = 6;
  EXPECT_EQ(camembert->Encode(text, 64), expected);
}

TEST(TokenizerKindsTest, SettingsThatCannotBeFollowedAreRefusedByName) {
  const auto wrong = [](const std::string& name, const std::string& text) {
    return WhatIsWrong(With(TokenizerFiles("bert_uncased"), name, text));
  };
  const std::string config = "tokenizer_config.json";
  EXPECT_THAT(wrong(config, R"({"never_split": ["a"]})"), HasSubstr("never_split"));
  EXPECT_THAT(wrong(config, R"({"do_basic_tokenize": false})"), HasSubstr("do_basic_tokenize"));
  EXPECT_THAT(wrong(config, R"({"strip_accents": "yes"})"), HasSubstr("strip_accents"));
  EXPECT_THAT(wrong(config, R"({"mask_token": 3})"), HasSubstr("mask_token"));
  EXPECT_THAT(wrong(config, R"({"mask_token": {"content": "x", "single_word": true}})"),
              HasSubstr("single_word"));
  EXPECT_THAT(wrong(config, R"({"additional_special_tokens": [1]})"), HasSubstr("additional"));
  EXPECT_THAT(wrong(config, R"({"added_tokens_decoder": {"x": {}}})"), HasSubstr("\"x\""));
  EXPECT_THAT(wrong(config, R"({"added_tokens_decoder": {"-4": {"content": "y"}}})"),
              HasSubstr("-4"));
  EXPECT_THAT(wrong(config, "["), HasSubstr("tokenizer_config.json: not JSON"));
  EXPECT_THAT(wrong("special_tokens_map.json", "[]"), HasSubstr("special_tokens_map.json"));
  EXPECT_THAT(wrong("added_tokens.json", R"({"a": "b"})"), HasSubstr("added_tokens.json: the id"));
  EXPECT_THAT(wrong("added_tokens.json", R"({"a": 99999999})"), HasSubstr("99999999"));
}

TEST(TokenizerKindsTest, TokensListedByIdAreFoundWithTheSpacesTheyTake) {
  const auto tokenizer = Tokenizer::Load(With(
      TokenizerFiles("roberta"), "tokenizer_config.json",
      R"({"added_tokens_decoder": {"900": {"content": "@@", "lstrip": true, "rstrip": true}}})"));
  EXPECT_EQ(tokenizer->vocabulary_size(), 901u);
  const Ids a = Tokenizer::Load(TokenizerFiles("roberta"))->Encode("a", 64);
  Ids expected = a;
  expected.insert(expected.end() - 1, 900);
  EXPECT_EQ(tokenizer->Encode("a  @@ \n", 64), expected);
}

}  // namespace
}  // namespace semblance::encoder
