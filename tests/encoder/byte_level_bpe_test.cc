#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "engine/encoder/byte_level.h"
#include "engine/encoder/byte_pairs.h"
#include "engine/encoder/utf8.h"
#include "tests/encoder/fixtures.h"
#include "tests/encoder/tokenizer_files.h"

namespace semblance::encoder {
namespace {

using testing::ElementsAre;

std::vector<std::string> Words(const std::string& text) {
  std::vector<std::string> all;
  ByteLevelWords words(text);
  for (std::string_view word; words.Next(&word);) all.emplace_back(word);
  return all;
}

TEST(ByteLevelWordsTest, AWordTakesOneSpaceBeforeIt) {
  EXPECT_THAT(Words("one two"), ElementsAre("one", " two"));
  EXPECT_THAT(Words("a  b   c"), ElementsAre("a", " ", " b", "  ", " c"));
  EXPECT_THAT(Words(" a "), ElementsAre(" a", " "));
  EXPECT_THAT(Words("a\nb\n\nc"), ElementsAre("a", "\n", "b", "\n", "\n", "c"));
  EXPECT_THAT(Words("a \n b\t c\n\n"), ElementsAre("a", " \n", " b", "\t", " c", "\n\n"));
  EXPECT_THAT(Words("a\xc2\xa0z \xe3\x80\x80 z"),
              ElementsAre("a", "\xc2\xa0", "z", " \xe3\x80\x80", " z"));
}

TEST(ByteLevelWordsTest, LettersNumbersAndTheRestArePartedFromEachOther) {
  EXPECT_THAT(Words("abc123... 4\xc2\xbdx +1"),
              ElementsAre("abc", "123", "...", " 4\xc2\xbd", "x", " +", "1"));
  EXPECT_THAT(Words("\xe6\x97\xa5\xe6\x9c\xac\xf0\x9f\x8e\xb8"),
              ElementsAre("\xe6\x97\xa5\xe6\x9c\xac", "\xf0\x9f\x8e\xb8"));
  EXPECT_THAT(Words(std::string("a\0\x1c", 3)), ElementsAre("a", std::string("\0\x1c", 2)));
}

TEST(ByteLevelWordsTest, EndingsOfContractionsAreWords) {
  EXPECT_THAT(Words("don't we've I'll"), ElementsAre("don", "'t", " we", "'ve", " I", "'ll"));
  EXPECT_THAT(Words("DON'T"), ElementsAre("DON", "'", "T"));  // in small letters only
  EXPECT_THAT(Words("'store"), ElementsAre("'s", "tore"));
  EXPECT_THAT(Words(" 's ?'s"), ElementsAre(" '", "s", " ?'", "s"));
}

TEST(ByteLevelWordsTest, NothingOfATextIsLost) {
  std::mt19937 random(3);
  const std::vector<std::string> parts = {"a",
                                          "B",
                                          "1",
                                          " ",
                                          "\n",
                                          "'s",
                                          "'",
                                          ".",
                                          "\xc3\xa9",
                                          "\xe3\x80\x80",
                                          "\xf0\x9f\x8e\xb8",
                                          "\xcc\x81"};
  for (int round = 0; round < 2000; ++round) {
    std::string text, joined;
    for (size_t i = random() % 12; i > 0; --i) text += parts[random() % parts.size()];
    for (const std::string& word : Words(text)) joined += word;
    EXPECT_EQ(joined, text);
  }
}

TEST(ByteLevelAlphabetTest, EachByteHasACharacterOfItsOwn) {
  const auto& alphabet = ByteLevelAlphabet();
  EXPECT_EQ(alphabet['a'], "a");
  EXPECT_EQ(alphabet[' '], "\xc4\xa0");   // U+0120
  EXPECT_EQ(alphabet['\n'], "\xc4\x8a");  // U+010A
  EXPECT_EQ(alphabet[0xad], "\xc5\x83");  // U+0143, the last
  EXPECT_EQ(alphabet[0xff], "\xc3\xbf");
  std::vector<std::string> sorted(alphabet.begin(), alphabet.end());
  std::sort(sorted.begin(), sorted.end());
  EXPECT_EQ(std::unique(sorted.begin(), sorted.end()), sorted.end());
}

// As the definition has it: for the pair that was learned first of those in the word, all its
// places from left to right, then again.
std::vector<std::string> JoinedByDefinition(const std::string& word, const MergeList& merges) {
  std::vector<std::string> parts;
  for (const char c : word) parts.push_back(ByteLevelAlphabet()[static_cast<unsigned char>(c)]);
  const auto rank = [&](const std::string& left, const std::string& right) {
    for (size_t i = merges.size(); i > 0; --i) {
      if (merges[i - 1] == std::pair(left, right)) return i;
    }
    return merges.size() + 1;
  };
  while (true) {
    size_t best = merges.size() + 1;
    for (size_t i = 0; i + 1 < parts.size(); ++i)
      best = std::min(best, rank(parts[i], parts[i + 1]));
    if (best > merges.size()) return parts;
    std::vector<std::string> next;
    for (size_t i = 0; i < parts.size(); ++i) {
      const bool here = i + 1 < parts.size() && rank(parts[i], parts[i + 1]) == best;
      next.push_back(here ? parts[i] + parts[i + 1] : parts[i]);
      if (here) ++i;
    }
    parts = next;
  }
}

TEST(BytePairsTest, PairsAreJoinedAsTheDefinitionHasItWhateverTheList) {
  std::mt19937 random(8);
  for (int round = 0; round < 600; ++round) {
    // Tokens grow from earlier ones; some lists are shuffled, which none that was learned is.
    std::vector<std::string> tokens = {"a", "b", "c"};
    MergeList merges;
    for (int i = 0; i < 14; ++i) {
      merges.emplace_back(tokens[random() % tokens.size()], tokens[random() % tokens.size()]);
      tokens.push_back(merges.back().first + merges.back().second);
    }
    if (round % 2 == 1) std::shuffle(merges.begin(), merges.end(), random);
    Vocabulary vocabulary;
    for (size_t i = 0; i < tokens.size(); ++i) {
      if (vocabulary.Find(tokens[i]) < 0)
        vocabulary.Add(tokens[i], static_cast<int64_t>(i), "test");
    }
    const auto segmenter = MakeBytePairs(vocabulary, merges, 99);
    for (int n = 0; n < 20; ++n) {
      std::string word(1 + random() % 30, 'a');
      for (char& c : word) c = static_cast<char>('a' + random() % 3);
      Ids ids, expected;
      segmenter->Append(word, 1000, &ids);
      for (const std::string& part : JoinedByDefinition(word, merges)) {
        expected.push_back(vocabulary.Find(part));
      }
      ASSERT_EQ(ids, expected) << word;
    }
  }
}

TEST(BytePairsTest, WhatTheVocabularyLacksIsUnknownOrLeftOut) {
  Vocabulary vocabulary;
  vocabulary.Add("a", 5, "test");
  const MergeList merges = {{"b", "c"}};
  for (const int32_t unk : {3, -1}) {
    Ids ids;
    MakeBytePairs(vocabulary, merges, unk)->Append("abca", 1000, &ids);
    EXPECT_EQ(ids, unk < 0 ? (Ids{5, 5}) : (Ids{5, 3, 5}));
  }
}

TEST(BytePairsTest, MergesAreReadLineByLine) {
  EXPECT_THAT(ReadMerges("#version: 0.2\na b\r\n\nab c\nnot ended", "m"),
              ElementsAre(std::pair("a", "b"), std::pair("ab", "c")));
  EXPECT_THAT(ReadMerges("", "m"), ElementsAre());
  for (const char* text : {"#\na\n", "#\na b c\n", "#\n a\n", "#\na \n", "#\n\xff b\n"}) {
    EXPECT_EQ(KindOf([&] { ReadMerges(text, "m"); }), ErrorKind::kCorruption) << text;
  }
}

std::shared_ptr<const Tokenizer> Roberta(const std::string& config = "{}") {
  ModelPackage package = TokenizerFiles("roberta");
  package.Add("tokenizer_config.json", config);
  package.Add("special_tokens_map.json", "{}");
  return Tokenizer::Load(package);
}

TEST(RobertaTokenizerTest, APrefixSpaceIsPutWhereNoneIs) {
  const auto plain = Roberta(), prefix = Roberta(R"({"add_prefix_space": true})");
  EXPECT_EQ(prefix->Encode("the cat", 64), plain->Encode(" the cat", 64));
  EXPECT_EQ(prefix->Encode("\nthe cat", 64), plain->Encode("\nthe cat", 64));
  EXPECT_NE(plain->Encode("the cat", 64), plain->Encode(" the cat", 64));
}

TEST(RobertaTokenizerTest, TheMaskTakesTheSpacesBeforeItAndOthersNone) {
  const auto tokenizer = Roberta();
  const int32_t mask = tokenizer->special_ids().mask;
  const auto count = [&](const std::string& text) { return tokenizer->Encode(text, 64).size(); };
  EXPECT_EQ(tokenizer->Encode("a  <mask>", 64), tokenizer->Encode("a<mask>", 64));
  EXPECT_THAT(tokenizer->Encode(" \n<mask>", 64), ElementsAre(0, mask, 2));
  EXPECT_EQ(count("<mask> <mask>"), 4u);
  EXPECT_EQ(count("<s> <s>"), 5u);
  // The map of special tokens gives them as plain texts, which take all spaces.
  ModelPackage package = TokenizerFiles("roberta");
  package.Add("special_tokens_map.json", R"({"bos_token": "<s>", "cls_token": "<s>"})");
  EXPECT_EQ(Tokenizer::Load(package)->Encode("<s> <s>", 64).size(), 4u);
}

TEST(RobertaTokenizerTest, AMegabyteOfOneWordTakesNoTime) {
  const auto tokenizer = Roberta();
  for (const char c : {'a', 'e', '.', '\0', ' '}) {
    const std::string text = "a" + std::string(1 << 20, c) + "a";
    EXPECT_EQ(tokenizer->Encode(text, 64).size(), 64u);
  }
  std::string mixed;
  std::mt19937 random(2);
  while (mixed.size() < 1 << 20) mixed.push_back(static_cast<char>('a' + random() % 26));
  EXPECT_EQ(tokenizer->Encode(mixed, 64).size(), 64u);
}

TEST(RobertaTokenizerTest, FilesThatAreNoneAreRefusedByName) {
  using testing::HasSubstr;
  const auto wrong = [](const std::string& vocabulary, const std::string& merges) {
    return WhatIsWrong(Package({{"vocab.json", vocabulary}, {"merges.txt", merges}}));
  };
  const std::string good = R"({"<s>": 0, "<pad>": 1, "</s>": 2, "<unk>": 3})";
  EXPECT_EQ(wrong(good, "#v\na b\n"), "");
  EXPECT_THAT(wrong("[]", ""), HasSubstr("vocab.json: not a JSON object"));
  EXPECT_THAT(wrong(R"({"a": 1.5})", ""), HasSubstr("the id of \"a\" is not a whole number"));
  EXPECT_THAT(wrong(R"({"a": -1})", ""), HasSubstr("vocab.json: the id -1 of \"a\""));
  EXPECT_THAT(wrong(R"({"a": 18446744073709551615})", ""), HasSubstr("vocab.json: the id"));
  EXPECT_THAT(wrong(R"({"a": 1, "a": 2})", ""), HasSubstr("stands twice"));
  EXPECT_THAT(wrong(R"({"<unk>": 0, "<s>": 1})", ""), HasSubstr("no token \"</s>\""));
  EXPECT_THAT(wrong(good, "#v\na\n"), HasSubstr("merges.txt: line 2"));
  EXPECT_THAT(WhatIsWrong(Package({{"vocab.json", good}})), HasSubstr("no merges.txt"));
}

}  // namespace
}  // namespace semblance::encoder
