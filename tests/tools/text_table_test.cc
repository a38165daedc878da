#include "tools/cli/text_table.h"

#include <gtest/gtest.h>

namespace semblance::cli {
namespace {

TEST(TextTableTest, ColumnsAreAsWideAsTheirWidestCell) {
  TextTable table({"name", "n"});
  table.AlignRight(1);
  table.AddRow({"é", "5"});
  table.AddRow({"longer", "12"});
  EXPECT_EQ(table.Format(0),
            "name     n\n"
            "------  --\n"
            "é        5\n"
            "longer  12\n");
}

TEST(TextTableTest, TheWidestColumnGivesWayToAWidth) {
  TextTable table({"id", "text"});
  table.AddRow({"1", "a text that is too long"});
  EXPECT_EQ(table.Format(14, "  "),
            "  id  text\n"
            "  --  --------\n"
            "  1   a text …\n");
}

TEST(TextTableTest, ACellStaysOneLineAndARuleSeparates) {
  TextTable table({"t"});
  table.AddRow({"a\nb"});
  table.AddRule();
  table.AddRow({"c"});
  EXPECT_EQ(table.Format(0), "t\n---\na b\n---\nc\n");
}

}  // namespace
}  // namespace semblance::cli
