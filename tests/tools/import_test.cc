#include <gmock/gmock.h>

#include <string>

#include "tests/tools/cli_test.h"

namespace semblance::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr const char* kSentences =
    "A man is playing the guitar on the street.\n"
    "The bank raised its interest rates again.\n"
    "\n"
    "Two dogs run across the snowy field.\n"
    "She bakes bread with rye flour and honey.\n";

class ImportTest : public CliTest {
 protected:
  Outcome Import(const std::string& file, std::vector<std::string> options = {}) {
    std::vector<std::string> arguments = {"import", file, "--db", database_};
    arguments.insert(arguments.end(), options.begin(), options.end());
    return Semblance(arguments);
  }
};

TEST_F(ImportTest, LinesOfATextFileBecomeRowsThatCanBeSearched) {
  const Outcome imported = Import(folder_.File("notes.txt", kSentences));
  ASSERT_EQ(imported.code, 0) << imported.err;
  EXPECT_THAT(imported.err,
              HasSubstr("CREATE VIRTUAL TABLE notes USING semblance(text TEXT EMBED);"));
  EXPECT_THAT(imported.err, HasSubstr("4 rows in "));
  EXPECT_EQ(Sql("SELECT count(*) FROM notes"), "4\n");
  const Outcome found = Semblance(
      {"search", database_, "notes", "A man is playing the guitar on the street.", "-k", "1"});
  EXPECT_EQ(found.code, 0) << found.err;
  EXPECT_THAT(found.out, HasSubstr("A man is playing the guitar on the street."));
  EXPECT_THAT(found.out, Not(HasSubstr("The bank")));
}

TEST_F(ImportTest, CsvColumnsBecomeMetadataWithTypes) {
  const std::string csv = folder_.File("talks.csv",
                                       "title,year,rating,code\n"
                                       "\"Bread, and how to bake it\",2019,4.5,007\n"
                                       "\"Playing the guitar\nfor beginners\",2021,3,010\n");
  const Outcome imported = Import(csv, {"--column", "title"});
  ASSERT_EQ(imported.code, 0) << imported.err;
  EXPECT_EQ(Sql("SELECT typeof(year), typeof(rating), code FROM talks WHERE year = 2019"),
            "integer|real|007\n");
  EXPECT_EQ(Sql("SELECT title FROM talks WHERE year = 2021"),
            "Playing the guitar\nfor beginners\n");
  const Outcome found =
      Semblance({"search", database_, "talks", "guitar", "--where", "year < 2020"});
  EXPECT_THAT(found.out, HasSubstr("Bread, and how to bake it"));
  EXPECT_THAT(found.out, Not(HasSubstr("Playing")));
}

TEST_F(ImportTest, AnExistingTableGetsMoreRowsFromAnotherFormat) {
  ASSERT_EQ(Import(folder_.File("a.csv", "body,year\nbread,2019\n"), {"--table", "t"}).code, 0);
  const Outcome more =
      Import(folder_.File("b.jsonl", "{\"year\": 2020, \"body\": \"guitar\"}\n"), {"--table", "t"});
  ASSERT_EQ(more.code, 0) << more.err;
  EXPECT_EQ(Sql("SELECT body, year FROM t ORDER BY rowid"), "bread|2019\nguitar|2020\n");
}

TEST_F(ImportTest, StandardInputIsReadForADash) {
  const Outcome imported =
      Semblance({"import", "-", "--db", database_, "--table", "t", "--column", "line"}, kSentences);
  ASSERT_EQ(imported.code, 0) << imported.err;
  EXPECT_EQ(Sql("SELECT line FROM t WHERE rowid = 4"),
            "She bakes bread with rye flour and honey.\n");
}

TEST_F(ImportTest, AnErrorInTheMiddleSaysWhatIsInTheTable) {
  const std::string csv = folder_.File("n.csv", "body,n\na,1\nb,2\nc,3\nd\n");
  const Outcome imported = Import(csv, {"--transaction-rows", "2"});
  EXPECT_EQ(imported.code, 1);
  EXPECT_THAT(imported.err, HasSubstr("n.csv, line 5: 1 fields where 2 were expected"));
  EXPECT_EQ(Sql("SELECT count(*) FROM sqlite_schema WHERE name = 'n'"), "0\n")
      << "the sample is read before";
}

TEST_F(ImportTest, RowsCommittedBeforeAnErrorStay) {
  std::string lines = "body,n\n";
  for (int i = 1; i <= 1005; ++i)
    lines += "text " + std::to_string(i) + "," + (i == 1003 ? "x" : std::to_string(i)) + "\n";
  const Outcome imported =
      Import(folder_.File("numbers.csv", lines), {"--transaction-rows", "500"});
  EXPECT_EQ(imported.code, 1);
  EXPECT_THAT(imported.err, HasSubstr("line 1004: column 'n' is INTEGER; 'x' does not fit"));
  EXPECT_THAT(imported.err, HasSubstr("1,000 rows are in table 'numbers', the rest is not"));
  EXPECT_EQ(Sql("SELECT count(*) FROM numbers"), "1000\n");
}

TEST_F(ImportTest, AllOrNothingLeavesNoRow) {
  std::string lines = "body,n\n";
  for (int i = 1; i <= 1005; ++i)
    lines += "text " + std::to_string(i) + "," + (i == 1003 ? "x" : std::to_string(i)) + "\n";
  const Outcome imported = Import(folder_.File("numbers.csv", lines), {"--transaction-rows", "0"});
  EXPECT_EQ(imported.code, 1);
  EXPECT_THAT(imported.err, HasSubstr("0 rows are in table 'numbers', the rest is not"));
  EXPECT_EQ(Sql("SELECT count(*) FROM numbers"), "0\n");
}

TEST_F(ImportTest, WhatIsMissingOnTheCommandLineIsSaidWithCode2) {
  const std::string csv = folder_.File("x.csv", "a,b\n1,2\n");
  const Outcome unclear = Import(csv);
  EXPECT_EQ(unclear.code, 2);
  EXPECT_THAT(
      unclear.err,
      StartsWith(
          "semblance import: which column is to be embedded? Add --column NAME, one of: a, b"));
  EXPECT_THAT(unclear.err, HasSubstr("Type 'semblance import --help'"));
  EXPECT_EQ(Import(csv, {"--column", "c"}).code, 2);
  EXPECT_EQ(Import(csv, {"--column", "a", "--skip", "c"}).code, 2);
  EXPECT_EQ(Import(csv, {"--format", "xml"}).code, 2);
}

TEST_F(ImportTest, AColumnTheTableLacksIsRefusedAndCanBeSkipped) {
  ASSERT_EQ(Import(folder_.File("a.csv", "body\nbread\n"), {"--table", "t"}).code, 0);
  const std::string wider = folder_.File("b.csv", "body,mood\nguitar,glad\n");
  const Outcome refused = Import(wider, {"--table", "t"});
  EXPECT_EQ(refused.code, 2);
  EXPECT_THAT(refused.err, HasSubstr("table 't' has no column 'mood' (it has body)"));
  EXPECT_EQ(Import(wider, {"--table", "t", "--skip", "mood"}).code, 0);
  EXPECT_EQ(Sql("SELECT count(*) FROM t"), "2\n");
}

TEST_F(ImportTest, ATableOfAnotherKindIsRefused) {
  Sql("CREATE TABLE plain(text TEXT)");
  const Outcome refused = Import(folder_.File("a.txt", "x\n"), {"--table", "plain"});
  EXPECT_EQ(refused.code, 1);
  EXPECT_THAT(refused.err, HasSubstr("'plain' is not a table made with USING semblance(...)"));
}

TEST_F(ImportTest, AFileThatIsNotThereIsNamed) {
  const Outcome outcome = Import(folder_.Path("absent.txt"));
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("absent.txt"));
}

}  // namespace
}  // namespace semblance::cli
