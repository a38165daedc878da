#include "engine/encoder/unicode.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "engine/encoder/utf8.h"

namespace semblance::encoder {
namespace {

TEST(UnicodeTest, CharactersBelongToTheirCategories) {
  for (const uint32_t c : {uint32_t{'a'}, 0xe9u, 0x65e5u, 0x10400u, 0x2b0u})
    EXPECT_TRUE(IsLetter(c));
  for (const uint32_t c : {uint32_t{'7'}, 0x661u, 0xbdu, 0x2460u, 0x216bu})
    EXPECT_TRUE(IsNumber(c));
  for (const uint32_t c : {uint32_t{'!'}, 0x2014u, 0x3001u, 0xbfu}) EXPECT_TRUE(IsPunctuation(c));
  for (const uint32_t c : {uint32_t{'$'}, uint32_t{'+'}, uint32_t{'a'}}) {
    EXPECT_FALSE(IsPunctuation(c));
  }
  for (const uint32_t c : {0u, 0x7fu, 0x85u, 0x200bu, 0xe000u, 0x378u, 0x10ffffu}) {
    EXPECT_TRUE(IsControl(c)) << c;
  }
  EXPECT_TRUE(IsNonspacingMark(0x301));
  EXPECT_FALSE(IsNonspacingMark(0x903));  // a mark that takes space
  EXPECT_TRUE(IsCombining(0x94d));
  EXPECT_TRUE(IsSpaceSeparator(0x3000));
  EXPECT_FALSE(IsSpaceSeparator('\n'));
}

TEST(UnicodeTest, SpacesAroundTextTakeInFourSeparatorsThatAreNoSpaces) {
  for (const uint32_t c : {9u, 13u, 32u, 0x85u, 0xa0u, 0x1680u, 0x2028u, 0x3000u}) {
    EXPECT_TRUE(IsSpace(c) && IsStrippedSpace(c)) << c;
  }
  for (const uint32_t c : {0x1cu, 0x1fu}) EXPECT_TRUE(!IsSpace(c) && IsStrippedSpace(c));
  for (const uint32_t c : {0u, 0x200bu, 0xfeffu}) EXPECT_FALSE(IsStrippedSpace(c));
  EXPECT_EQ(StripLeft("\x1c \xe3\x80\x80 a "), "a ");
  EXPECT_EQ(StripRight(" a\xe3\x80\x80\xc2\x85 "), " a");
  EXPECT_TRUE(IsBlank(" \n\xe2\x80\xa8"));
  EXPECT_TRUE(IsBlank(""));
  EXPECT_FALSE(IsBlank("\xe2\x80\x8b"));
}

TEST(UnicodeTest, DigitsAreAlsoThoseOfOtherForms) {
  for (const uint32_t c : {uint32_t{'0'}, 0x669u, 0xb2u, 0x2463u, 0x1d7ceu})
    EXPECT_TRUE(IsDigit(c));
  for (const uint32_t c : {uint32_t{'a'}, 0xbdu, 0x216bu}) EXPECT_FALSE(IsDigit(c));
}

TEST(UnicodeTest, LowerCaseIsThatOfEachCharacterWhateverTheLocaleOfTheProcess) {
  EXPECT_EQ(ToLowerCase("ABC \xc3\x84\xce\xa9\xd0\x96 123 \xe6\x97\xa5"),
            "abc \xc3\xa4\xcf\x89\xd0\xb6 123 \xe6\x97\xa5");
  EXPECT_EQ(ToLowerCase(std::string("A\0B", 3)), std::string("a\0b", 3));
  EXPECT_EQ(ToLowerCase("\xf0\x90\x90\x80"), "\xf0\x90\x90\xa8");      // Deseret, four bytes
  EXPECT_EQ(ToLowerCase("\xce\x9f\xce\xa3"), "\xce\xbf\xcf\x83");      // a final sigma too
  EXPECT_EQ(ToLowerCase("\xc4\xb0"), "i\xcc\x87");                     // I with a dot
  EXPECT_EQ(ToLowerCase("\xe1\xba\x9e\xc7\x85"), "\xc3\x9f\xc7\x86");  // sharp S, title case
}

TEST(UnicodeTest, DecompositionPutsMarksInOrder) {
  EXPECT_EQ(Decompose(U"\u00e9"), U"e\u0301");
  EXPECT_EQ(Decompose(U"\u1ead"), U"a\u0323\u0302");
  EXPECT_EQ(Decompose(U"a\u0302\u0323"), U"a\u0323\u0302");
  EXPECT_EQ(Decompose(U"\uac01"), U"\u1100\u1161\u11a8");
  EXPECT_EQ(Decompose(U"\ufb01"), U"\ufb01");
  EXPECT_EQ(DecomposeCompatibly(U"\ufb01 \u00bd"), U"fi 1\u20442");
  EXPECT_EQ(Decompose(U""), U"");
}

TEST(UnicodeTest, AMegabyteOfMarksIsPutInOrderAtOnce) {
  std::u32string marks = U"a";
  for (int i = 0; i < 300'000; ++i) marks += i % 2 == 0 ? U'\u0301' : U'\u0323';
  const std::u32string ordered = Decompose(marks);
  ASSERT_EQ(ordered.size(), marks.size());
  EXPECT_EQ(std::count(ordered.begin() + 1, ordered.begin() + 150'001, U'\u0323'), 150'000);
}

}  // namespace
}  // namespace semblance::encoder
