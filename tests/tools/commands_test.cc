#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/tools/cli_test.h"

namespace semblance::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class CommandsTest : public CliTest {};

TEST_F(CommandsTest, HelpListsTheSubcommands) {
  const Outcome help = Semblance({"--help"});
  EXPECT_EQ(help.code, 0);
  for (const char* name : {"demo", "import", "migrate", "search", "train", "plot", "ablate", "eval",
                           "model", "backup", "info", "shell"}) {
    EXPECT_THAT(help.out, HasSubstr(std::string("\n  ") + name + " "));
    EXPECT_EQ(Semblance({name, "--help"}).code, 0) << name;
  }
}

TEST_F(CommandsTest, AWrongCommandLineEndsWithCode2AndSaysWhatToType) {
  const Outcome unknown = Semblance({"frobnicate"});
  EXPECT_EQ(unknown.code, 2);
  EXPECT_THAT(unknown.err,
              StartsWith("semblance: there is no 'frobnicate'; there are demo, import"));
  const Outcome nothing = Semblance({});
  EXPECT_EQ(nothing.code, 2);
  EXPECT_THAT(nothing.err, HasSubstr("Type 'semblance --help'"));
  const Outcome deep = Semblance({"model", "export", "x.db"});
  EXPECT_EQ(deep.code, 2);
  EXPECT_THAT(deep.err, HasSubstr("Type 'semblance model export --help'"));
}

TEST_F(CommandsTest, ErrorsOfSqlArePrintedOnceAsTheyAre) {
  Sql("CREATE VIRTUAL TABLE t USING semblance(body TEXT EMBED, year INTEGER)");
  const Outcome outcome = Semblance({"search", database_, "t", "words", "--where", "yaer > 2000"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_EQ(outcome.err, "no such column: yaer\n");
  EXPECT_EQ(outcome.out, "");
}

TEST_F(CommandsTest, SearchNamesTheTablesThatThereAre) {
  Sql("CREATE VIRTUAL TABLE t USING semblance(body TEXT EMBED)");
  const Outcome outcome = Semblance({"search", database_, "u", "words"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("there is no table 'u'"));
  EXPECT_THAT(outcome.err, HasSubstr("it has: t"));
}

TEST_F(CommandsTest, SearchReadsTablesOfVectorsToo) {
  Sql("CREATE VIRTUAL TABLE points USING semblance(v FLOAT[2] distance_metric=l2, name TEXT);"
      "INSERT INTO points(v, name) VALUES ('[0,1]', 'north'), ('[1,0]', 'east'), ('[0,-1]', "
      "'south')");
  const Outcome found = Semblance({"search", database_, "points", "[0.9,0.1]", "-k", "1"});
  EXPECT_EQ(found.code, 0) << found.err;
  EXPECT_EQ(found.out, "rowid  distance  name\n-----  --------  ----\n    2    0.1414  east\n");
}

TEST_F(CommandsTest, SearchShowsItsSql) {
  Sql("CREATE VIRTUAL TABLE t USING semblance(body TEXT EMBED, year INTEGER)");
  const Outcome outcome =
      Semblance({"search", database_, "t", "it's", "-k", "3", "--where", "year > 5", "--sql"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.err,
            "SELECT rowid, round(distance, 4) AS distance, \"body\", \"year\" FROM \"t\" WHERE "
            "\"body\" MATCH "
            "'it''s' AND (year > 5) ORDER BY \"t\".distance LIMIT 3;\n");
}

TEST_F(CommandsTest, ADatabaseThatIsNotThereIsNotMadeBySearching) {
  const Outcome outcome = Semblance({"search", database_, "t", "words"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("there is no database file"));
  EXPECT_FALSE(std::filesystem::exists(database_));
}

TEST_F(CommandsTest, InfoIsJsonAndListsTables) {
  const Outcome plain = Semblance({"info"});
  EXPECT_EQ(plain.code, 0) << plain.err;
  const auto json = nlohmann::json::parse(plain.out, nullptr, false);
  ASSERT_FALSE(json.is_discarded()) << plain.out;
  EXPECT_TRUE(json.contains("version"));
  Sql("CREATE VIRTUAL TABLE t USING semblance(body TEXT EMBED); INSERT INTO t(body) VALUES "
      "('bread')");
  EXPECT_THAT(Semblance({"info", database_}).out, HasSubstr("\nt      body                1\n"));
}

TEST_F(CommandsTest, EvalMeasuresFilesAndFoldersAndTheirMean) {
  std::filesystem::create_directory(folder_.Path("suite"));
  const std::string pairs =
      "5\tA man plays the guitar.\tA man plays the guitar.\tSAME\n"
      "3\tA man plays the guitar.\tA man plays the piano.\tNEAR\n"
      "0\tA man plays the guitar.\tBanks raised interest rates.\tFAR\n";
  folder_.File("suite/one.tsv", pairs);
  folder_.File("suite/two.tsv", pairs);
  const std::string file = folder_.File("single.tsv", pairs);
  const Outcome outcome = Semblance({"eval", folder_.Path("suite"), file});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.out,
            "task        pairs  Spearman x100\n"
            "----------  -----  -------------\n"
            "  one           3         100.00\n"
            "  two           3         100.00\n"
            "suite           6         100.00\n"
            "single.tsv      3         100.00\n"
            "----------  -----  -------------\n"
            "mean of 2                 100.00\n");
}

TEST_F(CommandsTest, EvalNamesTheLineThatIsNoPair) {
  const Outcome outcome = Semblance({"eval", folder_.File("bad.tsv", "1\ta\tb\nx\ta\tb\n")});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("bad.tsv, line 2: the score 'x' is not a number"));
}

TEST_F(CommandsTest, ModelsAreListedExportedAndImported) {
  EXPECT_THAT(Semblance({"model", "list"}).out, HasSubstr("default"));
  Sql("CREATE TABLE unrelated(x)");
  const std::string out = folder_.Path("model");
  const Outcome exported = Semblance({"model", "export", database_, "default", out});
  ASSERT_EQ(exported.code, 0) << exported.err;
  EXPECT_TRUE(std::filesystem::exists(out + "/config.json"));
  const Outcome imported = Semblance({"model", "import", database_, out, "copy"});
  ASSERT_EQ(imported.code, 0) << imported.err;
  EXPECT_THAT(Semblance({"model", "list", database_}).out, HasSubstr("copy"));
  EXPECT_EQ(Sql("SELECT round(similarity(embed('bread'), embed('bread', 'copy')), 4)"), "1.0\n");
}

TEST_F(CommandsTest, APrecisionIsShownChosenAndMeasured) {
  Sql("CREATE TABLE unrelated(x)");
  EXPECT_EQ(Semblance({"model", "precision", database_, "default"}).out,
            "model 'default' is computed in f32\n");
  EXPECT_EQ(Semblance({"model", "precision", database_, "default", "int8"}).out,
            "model 'default' is computed in int8\n");
  const std::string dev =
      folder_.File("dev.tsv", "5\ta cat\ta cat\n0\ta cat\ta bank\n3\ta cat\ta dog\n");
  const Outcome measured = Semblance({"model", "precision", database_, "default", "--dev", dev});
  ASSERT_EQ(measured.code, 0) << measured.err;
  EXPECT_THAT(measured.out, HasSubstr("\"f32\":"));
  EXPECT_THAT(measured.out, HasSubstr("model 'default' is computed in f32"));
  const Outcome both =
      Semblance({"model", "precision", database_, "default", "int8", "--dev", dev});
  EXPECT_EQ(both.code, 2);
  EXPECT_EQ(Semblance({"model", "precision", database_, "default", "f16"}).code, 1);
}

// As Hugging Face's transformers saves a network: without a word about poolers.
TEST_F(CommandsTest, AModelThatDoesNotSayItsPoolerIsAskedForIt) {
  Sql("CREATE TABLE unrelated(x)");
  const std::string out = folder_.Path("plain");
  ASSERT_EQ(Semblance({"model", "export", database_, "default", out}).code, 0);
  ASSERT_TRUE(std::filesystem::remove(out + "/modules.json"));
  auto config = nlohmann::json::parse(std::ifstream(out + "/config.json"));
  ASSERT_EQ(config.erase("semblance"), 1u);
  std::ofstream(out + "/config.json") << config;
  const Outcome asked = Semblance({"model", "import", database_, out, "plain"});
  EXPECT_EQ(asked.code, 1);
  EXPECT_THAT(asked.err, HasSubstr("does not say which pooler"));
  EXPECT_THAT(asked.err, HasSubstr("--pooler avg"));
  const Outcome imported =
      Semblance({"model", "import", database_, out, "plain", "--pooler", "avg"});
  ASSERT_EQ(imported.code, 0) << imported.err;
  EXPECT_EQ(Sql("SELECT round(similarity(embed('bread'), embed('bread', 'plain')), 4)"), "1.0\n");
}

TEST_F(CommandsTest, TrainRefusesAnOptionWithoutValue) {
  const Outcome outcome =
      Semblance({"train", database_, "--query", "SELECT 'a'", "--name", "m", "--option", "epochs"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("expected name=value"));
}

TEST_F(CommandsTest, ShellRunsStatementsWithTheExtension) {
  EXPECT_EQ(Sql("SELECT vec_length(vec_f32('[1,2,3]'))"), "3\n");
  const Outcome typed =
      Semblance({"shell"}, "SELECT round(vec_distance_l2('[0,0]', '[3,4]'), 1);\n");
  EXPECT_EQ(typed.out, "5.0\n");
}

TEST_F(CommandsTest, ShellSaysWhenTheSqlite3ShellIsNotInstalled) {
  const Outcome outcome = RunProgram({SEMBLANCE_CLI, "shell"}, "", {{"PATH", folder_.Path("")}});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("apt-get install sqlite3"));
}

TEST_F(CommandsTest, AMissingExtensionIsNamedWithThePlacesLookedIn) {
  std::filesystem::create_directory(folder_.Path("bin"));
  std::filesystem::copy_file(SEMBLANCE_CLI, folder_.Path("bin/semblance"));
  const Outcome missing =
      RunProgram({folder_.Path("bin/semblance"), "info"}, "", {{"SEMBLANCE_EXTENSION", ""}});
  EXPECT_EQ(missing.code, 1);
  EXPECT_THAT(missing.err, HasSubstr("/lib/semblance.so"));
  EXPECT_THAT(missing.err, HasSubstr("Set SEMBLANCE_EXTENSION"));
  const Outcome named = RunProgram({folder_.Path("bin/semblance"), "info"}, "",
                                   {{"SEMBLANCE_EXTENSION", SEMBLANCE_EXTENSION}});
  EXPECT_EQ(named.code, 0) << named.err;
}

}  // namespace
}  // namespace semblance::cli
