#include "engine/encoder/utf8.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace semblance::encoder {
namespace {

const std::string kLost = "\xEF\xBF\xBD";

TEST(Utf8Test, WellFormedTextStaysAsItIs) {
  const std::string text("caf\xc3\xa9 \xe6\x97\xa5 \xf0\x9f\x8e\xb8 \x00 end \xf4\x8f\xbf\xbf", 25);
  EXPECT_EQ(ToValidUtf8(text), text);
  EXPECT_EQ(ToValidUtf8(""), "");
}

TEST(Utf8Test, EachMaximalIllFormedPieceBecomesOneReplacement) {
  EXPECT_EQ(ToValidUtf8("a\xffz"), "a" + kLost + "z");
  EXPECT_EQ(ToValidUtf8("\x80\x80"), kLost + kLost);
  EXPECT_EQ(ToValidUtf8("\xe6\x97"), kLost);  // cut off
  EXPECT_EQ(ToValidUtf8("\xe6\x97z"), kLost + "z");
  EXPECT_EQ(ToValidUtf8("\xf0\x9f\x8e"), kLost);
  EXPECT_EQ(ToValidUtf8("\xc0\xaf"), kLost + kLost);                          // overlong
  EXPECT_EQ(ToValidUtf8("\xe0\x80\xaf"), kLost + kLost + kLost);              // overlong
  EXPECT_EQ(ToValidUtf8("\xed\xa0\x80"), kLost + kLost + kLost);              // surrogate
  EXPECT_EQ(ToValidUtf8("\xf4\x90\x80\x80"), kLost + kLost + kLost + kLost);  // above U+10FFFF
}

TEST(Utf8Test, WhateverTheBytesTheResultIsWellFormed) {
  std::mt19937 random(1);
  for (int round = 0; round < 2000; ++round) {
    std::string bytes(random() % 20, '\0');
    for (char& c : bytes) c = static_cast<char>(random() % 2 ? random() : 0x80 | random() % 0x80);
    const std::string valid = ToValidUtf8(bytes);
    EXPECT_EQ(ToValidUtf8(valid), valid);
  }
}

TEST(Utf8Test, ACutNeverSplitsACharacter) {
  const std::string text = "a\xc3\xa9\xe6\x97\xa5\xf0\x9f\x8e\xb8";
  const std::vector<size_t> ends = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 10};
  for (size_t most = 0; most < ends.size(); ++most) {
    EXPECT_EQ(CutAtCharacter(text, most), text.substr(0, ends[most])) << most;
  }
}

TEST(Utf8Test, ACutThroughIllFormedBytesTakesThemAsTheyCome) {
  EXPECT_EQ(CutAtCharacter(std::string(10, '\x80'), 4).size(), 4u);
  EXPECT_EQ(CutAtCharacter("\xff\xff\xff", 2).size(), 2u);
}

TEST(Utf8Test, CharactersAreReadAndWritten) {
  const std::string text = "a\xc3\xa9\xe6\x97\xa5\xf0\x9f\x8e\xb8\xf4\x8f\xbf\xbf";
  std::vector<uint32_t> characters;
  std::string again;
  for (size_t at = 0; at < text.size();) {
    characters.push_back(NextCharacter(text, &at));
    AppendCharacter(characters.back(), &again);
  }
  EXPECT_EQ(characters, (std::vector<uint32_t>{'a', 0xe9, 0x65e5, 0x1f3b8, 0x10ffff}));
  EXPECT_EQ(again, text);
}

}  // namespace
}  // namespace semblance::encoder
