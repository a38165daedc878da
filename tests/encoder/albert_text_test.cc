#include "engine/encoder/albert_text.h"

#include <gtest/gtest.h>

namespace semblance::encoder {
namespace {

TEST(AlbertTextTest, SpacesQuotesAccentsAndCaseAreFolded) {
  EXPECT_EQ(PrepareAlbertText(" A\t \xe3\x80\x80 b\n", {}), "a b");
  EXPECT_EQ(PrepareAlbertText("``a''' `b`", {}), "\"a\"' `b`");
  EXPECT_EQ(PrepareAlbertText("\xc3\x89t\xc3\xa9 \xef\xac\x81 \xc2\xbd", {}),
            "ete fi 1\xe2\x81\x84"
            "2");
  EXPECT_EQ(PrepareAlbertText("\xf0\x9d\x90\x80", {}), "a");  // a capital only in form KD
}

TEST(AlbertTextTest, EachStepCanBeLeftOut) {
  EXPECT_EQ(PrepareAlbertText("\xc3\x89  ``", {.keep_accents = true}), "\xc3\xa9 \"");
  EXPECT_EQ(PrepareAlbertText("\xc3\x89  ``", {.lower_case = false}), "E \"");
  EXPECT_EQ(PrepareAlbertText(" \xc3\x89  ``", {.remove_space = false}), " e  \"");
  EXPECT_EQ(PrepareAlbertText("\xc3\x89  ``", {.plain_quotes = false}), "e ``");
}

}  // namespace
}  // namespace semblance::encoder
