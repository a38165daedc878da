#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/encoder/bert_words.h"
#include "tests/encoder/fixtures.h"
#include "tests/encoder/tokenizer_files.h"

namespace semblance::encoder {
namespace {

using testing::ElementsAre;

std::vector<std::string> Words(const std::string& text, const BertWordOptions& options = {}) {
  std::vector<std::string> all;
  BertWords words(text, options);
  for (std::string word; words.Next(&word);) all.push_back(word);
  return all;
}

TEST(BertWordsTest, WordsEndAtSpacesAndAroundPunctuation) {
  EXPECT_THAT(Words("  Hello,\tworld!?  a-b $5"),
              ElementsAre("hello", ",", "world", "!", "?", "a", "-", "b", "$", "5"));
  EXPECT_THAT(Words("a\xe2\x80\x94z \xc2\xbfq"),
              ElementsAre("a", "\xe2\x80\x94", "z", "\xc2\xbf", "q"));
  EXPECT_THAT(Words("a\xe2\x80\xa8z\xe3\x80\x80q"), ElementsAre("a", "z", "q"));
  EXPECT_THAT(Words(""), ElementsAre());
}

TEST(BertWordsTest, ControlCharactersAndTheReplacementAreDropped) {
  EXPECT_THAT(Words(std::string("a\0b\x01\x7f c\xe2\x80\x8b\xef\xbf\xbd", 13)),
              ElementsAre("ab", "c"));
  EXPECT_THAT(Words("a\x0b\xc2\x85z\r\nq\x02"), ElementsAre("az", "q"));  // only these end words
  EXPECT_THAT(Words("\xcd\xb8\xee\x80\x80"), ElementsAre());              // unassigned, private
}

TEST(BertWordsTest, IdeographsStandAloneUnlessToldOtherwise) {
  EXPECT_THAT(Words("ab\xe6\x97\xa5\xe6\x9c\xac c"),
              ElementsAre("ab", "\xe6\x97\xa5", "\xe6\x9c\xac", "c"));
  EXPECT_THAT(Words("ab\xe6\x97\xa5 c", {.split_chinese = false}),
              ElementsAre("ab\xe6\x97\xa5", "c"));
  EXPECT_THAT(Words("\xe3\x81\x8b\xe3\x82\xab"), ElementsAre("\xe3\x81\x8b\xe3\x82\xab"));  // kana
}

TEST(BertWordsTest, CaseAndAccentsAreFoldedAsAsked) {
  const std::string text = "\xc3\x89t\xc3\xa9 e\xcc\x81";
  EXPECT_THAT(Words(text), ElementsAre("ete", "e"));
  EXPECT_THAT(Words(text, {.strip_accents = false}), ElementsAre("\xc3\xa9t\xc3\xa9", "e\xcc\x81"));
  EXPECT_THAT(Words(text, {.lower_case = false}), ElementsAre("Ete", "e"));
  EXPECT_THAT(Words(text, {.lower_case = false, .strip_accents = false}),
              ElementsAre("\xc3\x89t\xc3\xa9", "e\xcc\x81"));
  EXPECT_THAT(Words("a \xcc\x81 z"), ElementsAre("a", "z"));  // nothing is left of a lone accent
}

// Ids are line numbers: 0 [PAD], 1 [UNK], 2 [CLS], 3 [SEP], 4 [MASK], then these.
std::shared_ptr<const Tokenizer> WordPiece(const std::string& config = "{}") {
  return Tokenizer::Load(Package({{"vocab.txt",
                                   "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n"  // 0 .. 4
                                   "play\nplaying\n##ing\n##i\n##n\n"      // 5 .. 9
                                   "a\n##a\n.\nCat\ncat\n[\n]\nm\n"},      // 10 .. 17
                                  {"tokenizer_config.json", config}}));
}

TEST(WordPieceTest, TheLongestTokenIsTakenFromTheLeft) {
  EXPECT_THAT(WordPiece()->Encode("playing play playin", 64), ElementsAre(2, 6, 5, 5, 8, 9, 3));
  EXPECT_THAT(WordPiece()->Encode("playaing.", 64), ElementsAre(2, 5, 11, 7, 12, 3));
}

TEST(WordPieceTest, AWordThatIsNotAllTokensIsUnknownAsAWhole) {
  EXPECT_THAT(WordPiece()->Encode("playq a qplay", 64), ElementsAre(2, 1, 10, 1, 3));
}

TEST(WordPieceTest, AWordOfMoreThanAHundredCharactersIsUnknown) {
  EXPECT_EQ(WordPiece()->Encode(std::string(100, 'a'), 200).size(), 102u);
  EXPECT_THAT(WordPiece()->Encode(std::string(101, 'a') + " a", 200), ElementsAre(2, 1, 10, 3));
  std::string wide;
  for (int i = 0; i < 100; ++i) wide += "\xc3\xa1";  // folds to 100 of one byte
  EXPECT_EQ(WordPiece()->Encode(wide, 200).size(), 102u);
}

TEST(WordPieceTest, CaseIsFoldedUnlessToldOtherwise) {
  EXPECT_THAT(WordPiece()->Encode("Cat", 64), ElementsAre(2, 14, 3));
  EXPECT_THAT(WordPiece(R"({"do_lower_case": false})")->Encode("Cat", 64), ElementsAre(2, 13, 3));
}

TEST(WordPieceTest, SpecialTokensAreTakenBySpellingAndCase) {
  EXPECT_THAT(WordPiece()->Encode("a[MASK]a [SEP]", 64), ElementsAre(2, 10, 4, 10, 3, 3));
  EXPECT_THAT(WordPiece()->Encode("[m]", 64), ElementsAre(2, 15, 17, 16, 3));
  EXPECT_THAT(WordPiece(R"({"mask_token": "cat"})")->Encode("cat CAT [MASK]", 64),
              ElementsAre(2, 14, 14, 15, 1, 16, 3));
  EXPECT_EQ(WordPiece(R"({"mask_token": null})")->special_ids().mask, -1);
}

TEST(WordPieceTest, TokensThatWereAddedAreFoundInAnyCase) {
  const ModelPackage package = [] {
    ModelPackage with = Package({{"vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\na\n##b\n"},
                                 {"added_tokens.json", R"({"aBc": 6, "x y": 7})"}});
    return with;
  }();
  const auto tokenizer = Tokenizer::Load(package);
  EXPECT_THAT(tokenizer->Encode("ab ABC X Yab", 64), ElementsAre(2, 4, 5, 6, 7, 4, 5, 3));
  EXPECT_EQ(tokenizer->vocabulary_size(), 8u);
}

TEST(WordPieceTest, TextIsLookedAtNoFurtherThanItsIdsNeed) {
  std::string text;
  while (text.size() < 10'000'000) text += "playing a cat. ";
  EXPECT_EQ(WordPiece()->Encode(text, 64), WordPiece()->Encode(text.substr(0, 2000), 64));
}

TEST(WordPieceTest, AMegabyteOfOneWordIsOneUnknown) {
  EXPECT_THAT(WordPiece()->Encode(std::string(1 << 20, 'a'), 64), ElementsAre(2, 1, 3));
  EXPECT_THAT(WordPiece()->Encode(std::string(1 << 20, '\0') + "a", 64), ElementsAre(2, 10, 3));
  EXPECT_EQ(WordPiece()->Encode(std::string(1 << 20, '.'), 1 << 21).size(), (1u << 20) + 2);
}

TEST(WordPieceTest, ListsMayEndLinesAsOnAnySystem) {
  const auto tokenizer =
      Tokenizer::Load(Package({{"vocab.txt", "[UNK]\r\n[CLS]\r\n[SEP]\r\na\r\na"}}));
  EXPECT_THAT(tokenizer->Encode("a", 64), ElementsAre(1, 4, 2));  // of two the last
  EXPECT_EQ(tokenizer->vocabulary_size(), 5u);
}

TEST(WordPieceTest, AListWithoutWhatItNeedsIsRefusedByName) {
  using testing::HasSubstr;
  EXPECT_THAT(WhatIsWrong(Package({{"vocab.txt", "[CLS]\n[SEP]\na\n"}})),
              HasSubstr("vocab.txt has no token \"[UNK]\""));
  EXPECT_THAT(WhatIsWrong(Package({{"vocab.txt", "[UNK]\n[CLS]\na\n"}})),
              HasSubstr("vocab.txt has no token \"[SEP]\""));
  EXPECT_THAT(WhatIsWrong(Package({{"vocab.txt", ""}})), HasSubstr("vocab.txt: it has no tokens"));
  EXPECT_THAT(WhatIsWrong(Package({{"vocab.txt", "\xff\n"}})), HasSubstr("vocab.txt: not UTF-8"));
}

}  // namespace
}  // namespace semblance::encoder
