#include "tools/cli/table_shape.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace semblance::cli {
namespace {

using ::testing::ElementsAre;

TEST(TableShapeTest, ArgumentsAreSplitOutsideQuotesAndBrackets) {
  EXPECT_THAT(SplitArguments(" a TEXT EMBED, \"b,c\" TEXT , v FLOAT[3], model='x,y'"),
              ElementsAre("a TEXT EMBED", "\"b,c\" TEXT", "v FLOAT[3]", "model='x,y'"));
}

TEST(TableShapeTest, TheSearchedColumnIsFoundInTheTablesDefinition) {
  bool text = false;
  EXPECT_EQ(
      SearchedColumn("CREATE VIRTUAL TABLE t USING semblance(author TEXT, body text embed)", &text),
      "body");
  EXPECT_TRUE(text);
  EXPECT_EQ(
      SearchedColumn("CREATE VIRTUAL TABLE t USING semblance(\n  \"the \"\"text\"\"\" TEXT EMBED)",
                     &text),
      "the \"text\"");
  EXPECT_TRUE(text);
  EXPECT_EQ(SearchedColumn(
                "CREATE VIRTUAL TABLE t USING semblance([my v] FLOAT[384], year INTEGER)", &text),
            "my v");
  EXPECT_FALSE(text);
  EXPECT_EQ(SearchedColumn("CREATE VIRTUAL TABLE t USING fts5(embed, body)", &text), std::nullopt);
  EXPECT_EQ(SearchedColumn("CREATE TABLE t", &text), std::nullopt);
}

TEST(TableShapeTest, NamesAreQuotedWhereTheyMustBe) {
  TableShape shape;
  shape.table = "my notes";
  shape.searched = "body";
  shape.columns = {{"body", "TEXT"}, {"the year", "INTEGER"}};
  EXPECT_EQ(
      CreateTableSql(shape, "it's"),
      "CREATE VIRTUAL TABLE \"my notes\" USING semblance(body TEXT EMBED, \"the year\" INTEGER, "
      "model='it''s')");
  EXPECT_EQ(InsertSql(shape), "INSERT INTO \"my notes\"(\"body\", \"the year\") VALUES (?1, ?2)");
  EXPECT_NE(shape.Find("THE YEAR"), nullptr);
  EXPECT_EQ(shape.Find("year"), nullptr);
}

}  // namespace
}  // namespace semblance::cli
