// Reading while another process has the store.
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "tests/sql/test_connection.h"
#include "tests/tools/run_program.h"
#include "tests/tools/shell_environment.h"

namespace semblance::test {
namespace {

cli::Outcome InAnotherProcess(const std::string& file, const std::string& sql,
                              const std::string& crash_at = "") {
  const std::string extension = SEMBLANCE_EXTENSION;
  auto environment = cli::ShellEnvironment();
  if (!crash_at.empty()) environment.emplace_back("SEMBLANCE_CRASH_AT", crash_at);
  return cli::RunProgram(
      {SEMBLANCE_SHELL, "-cmd", ".load " + extension.substr(0, extension.rfind(".so")), file, sql},
      "", environment);
}

// Who has the store has no reason to look at the table whose commit is unfinished. Readers of that
// used to give up after two seconds.
TEST(ReadingBeside, FinishesACommitOfAKilledProcessThoughSomebodyHasTheStore) {
  const TempFolder folder;
  const std::string file = folder.File("beside.db");
  {
    TestConnection made(file);
    made.Rows("PRAGMA journal_mode = wal");
    for (const char* table : {"x", "y"}) {
      made.Rows("CREATE VIRTUAL TABLE " + std::string(table) +
                " USING semblance(v FLOAT[2] distance_metric=l2)");
      made.Rows("INSERT INTO " + std::string(table) + "(rowid, v) VALUES (1, '[1,0]')");
    }
  }
  const auto killed =
      InAnotherProcess(file, "INSERT INTO x(rowid, v) VALUES (9, '[9,0]')", "commit:in-sqlite");
  ASSERT_NE(killed.code, 0);
  TestConnection holder(file);
  EXPECT_EQ(holder.Value("SELECT rowid FROM y WHERE v MATCH '[1,0]' AND k = 1"), "1");
  const auto read = InAnotherProcess(file, "SELECT rowid FROM x WHERE v MATCH '[9,0]' AND k = 1");
  EXPECT_EQ(read.out, "9\n") << read.err;
  EXPECT_EQ(holder.Value("SELECT rowid FROM x WHERE v MATCH '[9,0]' AND k = 1"), "9");
}

}  // namespace
}  // namespace semblance::test
