#include "tools/cli/formatting.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tools/cli/progress.h"
#include "tools/cli/shell_words.h"

namespace semblance::cli {
namespace {

TEST(FormattingTest, CountsHaveCommas) {
  EXPECT_EQ(FormatCount(0), "0");
  EXPECT_EQ(FormatCount(999), "999");
  EXPECT_EQ(FormatCount(1000), "1,000");
  EXPECT_EQ(FormatCount(1234567), "1,234,567");
}

TEST(FormattingTest, TimesAreReadable) {
  EXPECT_EQ(FormatSeconds(0.0042), "4.2 ms");
  EXPECT_EQ(FormatSeconds(3.14), "3.1 s");
  EXPECT_EQ(FormatSeconds(125), "2:05");
  EXPECT_EQ(FormatSeconds(3725), "1:02:05");
  EXPECT_EQ(FormatSeconds(1e12), "> 99 h");
  EXPECT_EQ(FormatSeconds(NAN), "?");
}

TEST(FormattingTest, WidthCountsLettersRatherThanBytes) {
  EXPECT_EQ(DisplayWidth("naïve"), 5u);
  EXPECT_EQ(DisplayWidth("nai\u0308ve"), 5u);
  EXPECT_EQ(DisplayWidth("日本"), 4u);
  EXPECT_EQ(DisplayWidth("\xff\xc3"), 2u);
}

TEST(FormattingTest, CutTextFitsAndIsCutBetweenLetters) {
  EXPECT_EQ(Ellipsize("short", 5), "short");
  EXPECT_EQ(Ellipsize("naïvely", 4), "naï…");
  EXPECT_EQ(Ellipsize("日本語", 4), "日…");
  EXPECT_EQ(Ellipsize("x", 0), "");
}

TEST(FormattingTest, StoredTextCannotCommandTheTerminal) {
  EXPECT_EQ(OneLine("a\r\n\tb\x1b[2J"), "a b [2J");
  EXPECT_EQ(OneLine("c1 \xc2\x9b"
                    "2J"),
            "c1 2J");
}

TEST(ProgressLineTest, ABarIsDrawnWhenTheEndIsKnown) {
  EXPECT_EQ(ProgressLine("x", {0.5, 1000, 2}, 10),
            "x  [=====>    ]   50%  1,000 rows  500 rows/s  eta 2.0 s");
  EXPECT_EQ(ProgressLine("x", {1, 1000, 2}, 10), "x  [==========]  100%  1,000 rows  500 rows/s");
  EXPECT_EQ(ProgressLine("x", {-1, 1000, 2}, 10), "x  1,000 rows  500 rows/s");
  EXPECT_EQ(ProgressLine("x", {0.25, 10, 0.1}, 0), "x   25%  10 rows");
}

TEST(ShellWordsTest, WordsAreQuotedWhenTheyMustBe) {
  EXPECT_EQ(ShellWord("/a/b-c.db"), "/a/b-c.db");
  EXPECT_EQ(ShellWord("it's"), "'it'\\''s'");
  EXPECT_EQ(ShellWord(""), "''");
  EXPECT_EQ(LoadCommand("/a \"b\"/c.so"), ".load \"/a \\\"b\\\"/c.so\"");
}

}  // namespace
}  // namespace semblance::cli
