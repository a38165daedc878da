// Passages of texts, as tokenizers of several kinds count them.
#include "engine/encoder/passages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "engine/encoder/model_package.h"
#include "engine/encoder/utf8.h"
#include "tests/encoder/fixtures.h"

namespace semblance::encoder {
namespace {

using testing::ElementsAre;

std::vector<std::string> Cut(const Tokenizer& tokenizer, const std::string& text, uint32_t tokens,
                             uint32_t overlap = 0) {
  std::vector<std::string> passages;
  for (const Passage& passage : CutIntoPassages(tokenizer, text, {tokens, overlap})) {
    passages.push_back(text.substr(passage.begin, passage.length));
  }
  return passages;
}

std::shared_ptr<const Tokenizer> OfDefaultModel() {
  return Tokenizer::Load(ModelPackage::Default());
}

// Every kind there is in data/.
std::vector<std::shared_ptr<const Tokenizer>> AllKinds() {
  std::vector<std::shared_ptr<const Tokenizer>> all = {OfDefaultModel()};
  for (const char* model : {"bert_uncased", "bert_cased", "roberta", "mpnet"}) {
    const ModelPackage package =
        ModelPackage::FilesOf(std::string(SEMBLANCE_SOURCE_DIR "/tests/encoder/data/") + model);
    all.push_back(Tokenizer::Load(package));
  }
  return all;
}

std::string Story() {
  std::string text = "  ";
  for (int i = 0; i < 200; ++i) {
    text += i % 7 == 0   ? "the old bridge,"
            : i % 7 == 1 ? "\n\nna\xC3\xAFve caf\xC3\xA9s"
                         : "stones";
    text += i % 11 == 0 ? "\t " : " ";
  }
  return text + "\xE6\x97\xA5\xE6\x9C\xAC\xE8\xAA\x9E ";
}

TEST(PassagesTest, WordsAreKeptWholeAndSpacesLeftOut) {
  const auto tokenizer = OfDefaultModel();
  const uint32_t all = static_cast<uint32_t>(tokenizer->Encode("a man", 100).size());
  EXPECT_THAT(Cut(*tokenizer, " a man  a man\n", all), ElementsAre("a man", "a man"));
  EXPECT_THAT(Cut(*tokenizer, " a man  a man\n", 100), ElementsAre("a man  a man"));
}

TEST(PassagesTest, ATextOfNothingButSpacesHasNone) {
  const auto tokenizer = OfDefaultModel();
  for (const char* text : {"", " ", "\n\t \xE3\x80\x80\xC2\xA0"}) {
    EXPECT_TRUE(Cut(*tokenizer, text, 8).empty()) << text;
  }
}

TEST(PassagesTest, NoPassageHasMoreTokensAndNoWordIsLost) {
  const std::string text = Story();
  for (const auto& tokenizer : AllKinds()) {
    for (const uint32_t tokens : {6u, 8u, 33u, 1000u}) {
      size_t end = 0;
      for (const Passage& passage : CutIntoPassages(*tokenizer, text, {tokens, 0})) {
        const std::string between = text.substr(end, passage.begin - end);
        EXPECT_EQ(between.find_first_not_of(" \n\t"), std::string::npos) << between;
        end = passage.begin + passage.length;
        const std::string one = text.substr(passage.begin, passage.length);
        EXPECT_LE(tokenizer->Encode(one, 5000).size(), tokens) << one;
        EXPECT_EQ(ToValidUtf8(one), one);
      }
      EXPECT_EQ(text.find_first_not_of(' ', end), std::string::npos);
    }
  }
}

TEST(PassagesTest, EachBeginsWithTheLastWordsOfTheOneBefore) {
  const auto tokenizer = OfDefaultModel();
  const std::string text = "one two three four five six seven eight nine ten";
  const auto word = static_cast<uint32_t>(tokenizer->Encode("one two three", 100).size());
  const auto passages = CutIntoPassages(*tokenizer, text, {word + 2, 4});
  ASSERT_GT(passages.size(), 2u);
  for (size_t i = 1; i < passages.size(); ++i) {
    EXPECT_LT(passages[i].begin, passages[i - 1].begin + passages[i - 1].length);
    EXPECT_GT(passages[i].begin, passages[i - 1].begin);
    EXPECT_GT(passages[i].begin + passages[i].length,
              passages[i - 1].begin + passages[i - 1].length);
  }
  EXPECT_EQ(passages.back().begin + passages.back().length, text.size());
}

TEST(PassagesTest, TheLargestOverlapStillMovesOn) {
  const std::string text = Story();
  for (const auto& tokenizer : AllKinds()) {
    const uint32_t tokens = 12, least = LeastTokens(*tokenizer);
    const auto passages = CutIntoPassages(*tokenizer, text, {tokens, tokens - least});
    for (size_t i = 1; i < passages.size(); ++i) {
      ASSERT_GT(passages[i].begin, passages[i - 1].begin);
      ASSERT_GT(passages[i].begin + passages[i].length,
                passages[i - 1].begin + passages[i - 1].length);
    }
  }
}

TEST(PassagesTest, AWordLongerThanAPassageIsCutBetweenCharacters) {
  const auto tokenizer = OfDefaultModel();
  std::string word;
  for (int i = 0; i < 300; ++i) word += "\xE6\x97\xA5\xE6\x9C\xAC";
  std::string together;
  for (const std::string& passage : Cut(*tokenizer, "a " + word + " b", 10)) {
    EXPECT_EQ(ToValidUtf8(passage), passage);
    EXPECT_LE(tokenizer->Encode(passage, 5000).size(), 10u);
    together += passage;
  }
  std::erase(together, ' ');
  EXPECT_EQ(together, "a" + word + "b");
}

TEST(PassagesTest, CancellingInterrupts) {
  const auto tokenizer = OfDefaultModel();
  std::string text;
  for (int i = 0; i < 2000; ++i) text += "word ";
  EXPECT_EQ(KindOf([&] {
              CutIntoPassages(*tokenizer, text, {10, 0}, [] { return true; });
            }),
            ErrorKind::kInterrupted);
  EXPECT_EQ(KindOf([&] {
              CutIntoPassages(*tokenizer, text, {10, 0}, [] { return false; });
            }),
            std::nullopt);
}

TEST(PassagesTest, BytesThatAreNoTextAreKept) {
  const auto tokenizer = OfDefaultModel();
  const std::string text("\xFF\x80 a\0b \xE6\x97", 9);
  std::string together;
  for (const std::string& passage : Cut(*tokenizer, text, LeastTokens(*tokenizer))) {
    together += passage;
  }
  std::string expected = text;
  std::erase(expected, ' ');
  std::erase(together, ' ');
  EXPECT_EQ(together, expected);
}

}  // namespace
}  // namespace semblance::encoder
