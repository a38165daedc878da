#include <gmock/gmock.h>

#include <string>

#include "tests/tools/cli_test.h"

namespace semblance::cli {
namespace {

using ::testing::HasSubstr;

constexpr const char* kLines =
    "A man is playing the guitar on the street.\n"
    "The bank raised its interest rates again.\n"
    "Two dogs run across the snowy field.\n"
    "She bakes bread with rye flour and honey.\n"
    "The train to the coast leaves at nine.\n"
    "A woman sings in the city square.\n";

class DemoTest : public CliTest {};

TEST_F(DemoTest, ATextIsImportedReopenedAndSearchedBesideFullText) {
  const Outcome demo =
      Semblance({"demo", "--db", database_, "--text", folder_.File("t.txt", kLines)});
  ASSERT_EQ(demo.code, 0) << demo.err;
  EXPECT_THAT(demo.out, HasSubstr("CREATE VIRTUAL TABLE lines USING semblance("));
  EXPECT_THAT(demo.out, HasSubstr("lines: insert and embed     6"));
  EXPECT_THAT(demo.out, HasSubstr("closed and opened again"));
  EXPECT_THAT(demo.out,
              HasSubstr("MATCH 'She bakes bread with rye flour and honey.' AND number <> 4"));
  EXPECT_THAT(demo.out, HasSubstr("by meaning: 5 rows in"));
  EXPECT_THAT(demo.out, HasSubstr("by words (FTS5, any of them):"));
  EXPECT_THAT(demo.out, HasSubstr("shell " + database_));
  EXPECT_EQ(Sql("SELECT count(*) FROM lines"), "6\n");
}

TEST_F(DemoTest, ASecondRunAsksTheFinishedDemoAgain) {
  const std::string text = folder_.File("t.txt", kLines);
  ASSERT_EQ(Semblance({"demo", "--db", database_, "--text", text, "--limit", "4"}).code, 0);
  const Outcome again = Semblance({"demo", "--db", database_, "--text", text});
  ASSERT_EQ(again.code, 0) << again.err;
  EXPECT_THAT(again.out, HasSubstr("holds a finished demo"));
  EXPECT_EQ(Sql("SELECT count(*) FROM lines"), "4\n");
}

TEST_F(DemoTest, AFileThatIsNoDemoIsLeftAlone) {
  Sql("CREATE TABLE precious(x); INSERT INTO precious VALUES (1)");
  const Outcome refused =
      Semblance({"demo", "--db", database_, "--text", folder_.File("t.txt", kLines)});
  EXPECT_EQ(refused.code, 1);
  EXPECT_THAT(refused.err, HasSubstr("is no finished demo"));
  EXPECT_EQ(Sql("SELECT count(*) FROM precious"), "1\n");
}

TEST_F(DemoTest, ATextWithoutAnyLineIsRefused) {
  const Outcome refused =
      Semblance({"demo", "--db", database_, "--text", folder_.File("t.txt", "\n\n")});
  EXPECT_EQ(refused.code, 1);
  EXPECT_THAT(refused.err, HasSubstr("there is no text in"));
}

}  // namespace
}  // namespace semblance::cli
