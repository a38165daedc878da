#include "engine/encoder/tokenizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <random>
#include <thread>

#include "tests/encoder/fixtures.h"

namespace semblance::encoder {
namespace {

using testing::ElementsAre;
using Ids = std::vector<int32_t>;

constexpr int32_t kUnknown = 1, kCls = 2, kSep = 3;

ModelPackage PackageOf(const std::string& model, const std::string& settings) {
  ModelPackage package;
  package.Add("tokenizer.model", ReadTestFile("tokenizer/" + model));
  package.Add("tokenizer_config.json", settings);
  return package;
}

std::shared_ptr<const Tokenizer> Unigram() {
  return Tokenizer::Load(
      PackageOf("tokenizer.model", ReadTestFile("tokenizer/tokenizer_config.json")));
}

std::optional<ErrorKind> KindWithSettings(const std::string& settings) {
  return KindOf([&] { Tokenizer::Load(PackageOf("tokenizer.model", settings)); });
}

TEST(TokenizerTest, IdsAreThoseOfSentencePieceBetweenTheSpecials) {
  // Made with spm_encode.
  const auto tokenizer = Unigram();
  EXPECT_THAT(tokenizer->Encode("The old bridge", 64),
              ElementsAre(kCls, 6, 5, 114, 12, 29, 194, 158, kSep));
  EXPECT_THAT(tokenizer->Encode("  A  CAT,   sleeping?", 64),
              ElementsAre(kCls, 9, 170, 10, 31, 20, 51, 175, 67, kUnknown, kSep));
  EXPECT_THAT(tokenizer->Encode("\xE6\x97\xA5\xE6\x9C\xAC ok \xF0\x9F\x8E\xB8\xF0\x9F\x8E\xB8", 64),
              ElementsAre(kCls, 5, kUnknown, 35, 40, 5, kUnknown, kSep));
  EXPECT_EQ(tokenizer->vocabulary_size(), 299u);
}

TEST(TokenizerTest, BpeModelsAreReadToo) {
  const auto tokenizer =
      Tokenizer::Load(PackageOf("bpe.model", R"({"tokenizer_class": "SentencePiece"})"));
  EXPECT_THAT(tokenizer->Encode("the bread", 64), ElementsAre(kCls, 8, 14, 10, 47, kSep));
}

TEST(TokenizerTest, SpecialIdsAreFoundByName) {
  const SpecialIds ids = Unigram()->special_ids();
  EXPECT_EQ(ids.pad, 0);
  EXPECT_EQ(ids.unk, kUnknown);
  EXPECT_EQ(ids.cls, kCls);
  EXPECT_EQ(ids.sep, kSep);
  EXPECT_EQ(ids.mask, 4);
  const auto renamed = Tokenizer::Load(PackageOf(
      "tokenizer.model",
      R"({"tokenizer_class": "SentencePiece", "mask_token": "none", "pad_token": {"content": "[MASK]"}})"));
  EXPECT_EQ(renamed->special_ids().mask, -1);
  EXPECT_EQ(renamed->special_ids().pad, 4);
}

TEST(TokenizerTest, TextThatSpellsASpecialPieceDoesNotBecomeIt) {
  const Ids ids = Unigram()->Encode("[CLS] [SEP] [MASK] <pad>", 64);
  const Ids inner(ids.begin() + 1, ids.end() - 1);
  for (const int32_t special : {0, kCls, kSep, 4}) {
    EXPECT_EQ(std::count(inner.begin(), inner.end(), special), 0) << special;
  }
}

TEST(TokenizerTest, TheEndOfALongTextIsCutAndTheSpecialsStay) {
  const auto tokenizer = Unigram();
  const Ids whole = tokenizer->Encode("the river and the sea and the hill", 64);
  ASSERT_GT(whole.size(), 8u);
  for (uint32_t most = 2; most <= whole.size() + 2; ++most) {
    const Ids ids = tokenizer->Encode("the river and the sea and the hill", most);
    ASSERT_EQ(ids.size(), std::min<size_t>(most, whole.size()));
    EXPECT_TRUE(std::equal(ids.begin(), ids.end() - 1, whole.begin()));
    EXPECT_EQ(ids.back(), kSep);
  }
  EXPECT_EQ(KindOf([&] { tokenizer->Encode("a", 1); }), ErrorKind::kInvalid);
}

TEST(TokenizerTest, EmptyTextGivesTheSpecials) {
  EXPECT_THAT(Unigram()->Encode("", 64), ElementsAre(kCls, kSep));
  EXPECT_THAT(Unigram()->Encode(" \t\n ", 64), ElementsAre(kCls, kSep));
  EXPECT_THAT(Unigram()->Encode("", 2), ElementsAre(kCls, kSep));
}

TEST(TokenizerTest, AnyBytesAreAccepted) {
  const auto tokenizer = Unigram();
  EXPECT_EQ(tokenizer->Encode("a\xff\xfe z", 64),
            tokenizer->Encode("a\xEF\xBF\xBD\xEF\xBF\xBD z", 64));
  EXPECT_GT(tokenizer->Encode(std::string("a\0b", 3), 64).size(), 2u);
  std::mt19937 random(5);
  for (int round = 0; round < 2000; ++round) {
    std::string bytes(random() % 200, '\0');
    for (char& c : bytes) c = static_cast<char>(random() % 3 ? random() : 'a' + random() % 26);
    const Ids ids = tokenizer->Encode(bytes, 32);
    ASSERT_GE(ids.size(), 2u);
    ASSERT_LE(ids.size(), 32u);
    for (const int32_t id : ids) {
      ASSERT_TRUE(id >= 0 && id < static_cast<int32_t>(tokenizer->vocabulary_size()));
    }
  }
}

TEST(TokenizerTest, ATextOfMegabytesBeginsWithTheIdsOfItsBeginning) {
  const auto tokenizer = Unigram();
  std::string text;
  while (text.size() < 10'000'000) text += "the old bridge over the quiet river ";
  const Ids ids = tokenizer->Encode(text, 64);
  EXPECT_EQ(ids.size(), 64u);
  EXPECT_EQ(ids, tokenizer->Encode(text.substr(0, 2000), 64));
}

TEST(TokenizerTest, ALongRunOfOneIdBeforeTheRestDoesNotHideIt) {
  const auto tokenizer = Unigram();
  for (const std::string& filling : {std::string(" "), std::string("\xF0\x9F\x8E\xB8")}) {
    std::string text;
    while (text.size() < 30'000) text += filling;
    const Ids ids = tokenizer->Encode(text + " bridge", 32);
    const Ids alone = tokenizer->Encode("bridge", 32);
    ASSERT_GE(ids.size(), alone.size());
    EXPECT_TRUE(std::equal(alone.rbegin(), alone.rend() - 1, ids.rbegin())) << filling;
  }
}

TEST(TokenizerTest, MegabytesOfCharactersWithoutAPieceAreLeftBeforeTheyTakeLong) {
  std::string text;
  while (text.size() < 10'000'000) text += "\xF0\x9F\x8E\xB8";
  EXPECT_THAT(Unigram()->Encode(text + " bridge", 32), ElementsAre(kCls, 5, kUnknown, kSep));
}

TEST(TokenizerTest, LowerCasingIsDoneBeforeTheModelOnRequest) {
  const auto plain =
      Tokenizer::Load(PackageOf("bpe.model", R"({"tokenizer_class": "SentencePiece"})"));
  const auto lower = Tokenizer::Load(
      PackageOf("bpe.model", R"({"tokenizer_class": "SentencePiece", "do_lower_case": true})"));
  EXPECT_NE(plain->Encode("THE BREAD", 64), plain->Encode("the bread", 64));
  EXPECT_EQ(lower->Encode("THE BREAD", 64), plain->Encode("the bread", 64));
}

TEST(TokenizerTest, SettingsThatCannotBeFollowedAreRefused) {
  EXPECT_EQ(KindWithSettings("not json"), ErrorKind::kCorruption);
  EXPECT_EQ(KindWithSettings(R"({"tokenizer_class": 3})"), ErrorKind::kCorruption);
  EXPECT_EQ(KindWithSettings("{}"), ErrorKind::kMissing);
  EXPECT_EQ(KindWithSettings(R"({"tokenizer_class": "MeCab"})"), ErrorKind::kUnsupported);
  EXPECT_EQ(KindWithSettings(R"({"tokenizer_class": "SentencePiece", "cls_token": "<s>"})"),
            ErrorKind::kMissing);
  ModelPackage package;
  EXPECT_EQ(KindOf([&] { Tokenizer::Load(package); }), ErrorKind::kMissing);
  package.Add("tokenizer_config.json", R"({"tokenizer_class": "SentencePiece"})");
  EXPECT_EQ(KindOf([&] { Tokenizer::Load(package); }), ErrorKind::kMissing);
}

TEST(TokenizerTest, SeveralThreadsGetTheSameIds) {
  const auto tokenizer = Unigram();
  const std::vector<std::string> texts = {"the old bridge", "A CAT", "snow fell all night"};
  std::vector<Ids> expected;
  for (const std::string& text : texts) expected.push_back(tokenizer->Encode(text, 64));
  std::atomic<int> wrong{0};
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 300; ++i) {
          wrong += tokenizer->Encode(texts[i % 3], 64) != expected[i % 3];
        }
      });
    }
  }
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace semblance::encoder
