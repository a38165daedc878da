// One test for every script in tests/sql/scripts (and, in a build that trains,
// tests/sql/training_scripts), and tests of the runner itself: a runner that cannot fail would make
// all of them pass.

#include "tests/sql/script.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "tests/sql/test_connection.h"

namespace semblance::test {
namespace {

std::vector<std::filesystem::path> ScriptFiles() {
  std::vector<std::filesystem::path> files;
  std::vector<std::string> folders = {"scripts"};
  if (SEMBLANCE_TRAINING_BUILT) folders.push_back("training_scripts");
  for (const std::string& folder : folders) {
    for (const auto& entry :
         std::filesystem::directory_iterator(SEMBLANCE_SOURCE_DIR "/tests/sql/" + folder)) {
      if (entry.path().extension() == ".test") files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::string NameOf(const testing::TestParamInfo<std::filesystem::path>& info) {
  std::string name = info.param.stem().string();
  std::replace_if(
      name.begin(), name.end(), [](char c) { return std::isalnum(c) == 0; }, '_');
  return name;
}

class Script : public testing::TestWithParam<std::filesystem::path> {};

TEST_P(Script, GivesTheOutputWrittenInIt) {
  std::ifstream file(GetParam());
  std::stringstream text;
  text << file.rdbuf();
  const std::vector<ScriptStep> steps = ParseScript(text.str());
  ASSERT_FALSE(steps.empty());
  const TempFolder folder;
  const std::string complaint = RunScript(steps, folder.File("script.db"));
  EXPECT_EQ(complaint, "") << GetParam().filename().string() << " " << complaint;
}

INSTANTIATE_TEST_SUITE_P(Sql, Script, testing::ValuesIn(ScriptFiles()), NameOf);

std::string ComplaintOf(const std::string& script) {
  const TempFolder folder;
  return RunScript(ParseScript(script), folder.File("script.db"));
}

TEST(ScriptRunner, AcceptsWhatIsAsExpected) {
  EXPECT_EQ(ComplaintOf("# comment\n> SELECT 1, NULL,\n>  'a', x'00ff';\n1|NULL|a|x'00ff'\n"), "");
}

TEST(ScriptRunner, NamesTheLineTheSqlAndBothSidesOfADifference) {
  const std::string complaint = ComplaintOf("> SELECT 1;\n1\n\n> SELECT 2;\n3\n");
  EXPECT_EQ(complaint, "line 4: SELECT 2;\n  expected:\n    3\n  received:\n    2\n");
}

TEST(ScriptRunner, RefusesMissingAndSurplusRows) {
  EXPECT_NE(ComplaintOf("> SELECT 1;\n"), "");
  EXPECT_NE(ComplaintOf("> SELECT 1 WHERE 0;\n1\n"), "");
  EXPECT_NE(ComplaintOf("> VALUES (1), (2);\n1\n"), "");
}

TEST(ScriptRunner, RefusesAnErrorThatWasNotExpected) {
  EXPECT_NE(ComplaintOf("> SELECT absent;\n").find("error: no such column"), std::string::npos);
}

TEST(ScriptRunner, RefusesSuccessAndOtherErrorsWhereAnErrorIsExpected) {
  EXPECT_EQ(ComplaintOf("> SELECT absent;\n! no such column\n"), "");
  EXPECT_NE(ComplaintOf("> SELECT absent;\n! no such table\n"), "");
  EXPECT_NE(ComplaintOf("> SELECT 1;\n! no such column\n"), "");
}

TEST(ScriptRunner, ComparesNumbersWithinTheToleranceOnly) {
  EXPECT_EQ(ComplaintOf("> SELECT 0.1 + 0.2, 'a';\n~ 1e-9\n0.3|a\n"), "");
  EXPECT_NE(ComplaintOf("> SELECT 0.1 + 0.2, 'a';\n~ 1e-9\n0.3001|a\n"), "");
  EXPECT_NE(ComplaintOf("> SELECT 0.1 + 0.2, 'a';\n~ 1e-9\n0.3|b\n"), "");
  EXPECT_NE(ComplaintOf("> SELECT NULL;\n~ 1e-9\n0.3\n"), "");
}

TEST(ScriptRunner, KeepsConnectionsApartUntilARestart) {
  EXPECT_EQ(
      ComplaintOf(
          "> CREATE TABLE t(x); CREATE TEMP TABLE mine(x);\n\n"
          "con2> SELECT count(*) FROM t;\n0\n\n"
          "con2> SELECT count(*) FROM mine;\n! no such table: mine\n\n"
          "restart\n\n"
          "> SELECT count(*) FROM t;\n0\n\n> SELECT count(*) FROM mine;\n! no such table: mine\n"),
      "");
}

TEST(ScriptRunner, SaysWhichLineItDoesNotUnderstand) {
  EXPECT_THROW(ParseScript("stray\n"), std::runtime_error);
  EXPECT_THROW(ParseScript("> SELECT 1;\n~ much\n1\n"), std::runtime_error);
}

}  // namespace
}  // namespace semblance::test
