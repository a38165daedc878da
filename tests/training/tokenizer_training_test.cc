#include "engine/training/tokenizer_training.h"

#include <gtest/gtest.h>

#include "engine/encoder/tokenizer.h"
#include "tests/training/fixtures.h"

namespace semblance::training {
namespace {

encoder::ModelPackage TokenizerOf(const std::vector<std::string>& texts, int64_t vocab_size) {
  Options options;
  options.vocab_size = vocab_size;
  encoder::ModelPackage package;
  TrainTokenizer({texts.begin(), texts.end()}, options, &package);
  return package;
}

TEST(TokenizerTraining, MakesSpecialPiecesAndFoldsCase) {
  const auto tokenizer = encoder::Tokenizer::Load(TokenizerOf(Sentences(200), 120));
  EXPECT_EQ(tokenizer->special_ids().pad, 0);
  EXPECT_EQ(tokenizer->special_ids().unk, 1);
  EXPECT_EQ(tokenizer->special_ids().cls, 2);
  EXPECT_EQ(tokenizer->special_ids().sep, 3);
  EXPECT_EQ(tokenizer->special_ids().mask, 4);
  EXPECT_EQ(tokenizer->Encode("The Old BAKER", 32), tokenizer->Encode("the old baker", 32));
  EXPECT_LT(tokenizer->Encode("the old baker sells fresh bread", 64).size(), 25u);
}

TEST(TokenizerTraining, SmallTextGivesAsManyPiecesAsItHas) {
  const auto tokenizer = encoder::Tokenizer::Load(TokenizerOf(Sentences(3), 16000));
  EXPECT_LT(tokenizer->vocabulary_size(), 400u);
  EXPECT_GT(tokenizer->Encode("the baker", 32).size(), 2u);
}

TEST(TokenizerTraining, VocabularyGrowsToHoldTheCharacters) {
  std::string many;
  for (char32_t c = 0x4e00; c < 0x4e00 + 200; ++c) {
    many += static_cast<char>(0xe0 | c >> 12);
    many += static_cast<char>(0x80 | (c >> 6 & 0x3f));
    many += static_cast<char>(0x80 | (c & 0x3f));
  }
  const auto tokenizer = encoder::Tokenizer::Load(TokenizerOf({many, many}, 32));
  EXPECT_GE(tokenizer->vocabulary_size(), 150u);
}

TEST(TokenizerTraining, AnyBytesAreHarmless) {
  const std::vector<std::string> texts = {std::string("nul \0 inside", 12),
                                          "tab\tand\nnewline",
                                          "\xff\xfe broken \xc3",
                                          "<unk> [CLS] <pad>",
                                          "\xe2\x96\x81 \xe2\x96\x85",
                                          std::string(100000, 'x'),
                                          "  ",
                                          "\xf0\x9f\x98\x80",
                                          "plain words stand here too"};
  EXPECT_NO_THROW(encoder::Tokenizer::Load(TokenizerOf(texts, 100)));
}

TEST(TokenizerTraining, OneWordIsEnough) {
  EXPECT_NO_THROW(encoder::Tokenizer::Load(TokenizerOf({"word"}, 100)));
  EXPECT_NO_THROW(encoder::Tokenizer::Load(TokenizerOf({"a"}, 100)));
}

TEST(TokenizerTraining, NoTextIsAnError) {
  EXPECT_THROW(TokenizerOf({}, 100), encoder::Error);
  EXPECT_THROW(TokenizerOf({"", "  ", "\n"}, 100), encoder::Error);
}

}  // namespace
}  // namespace semblance::training
