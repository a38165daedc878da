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

// What this process has in memory of a table it goes on from, when others have written.
class ReadingWhatOthersWrite : public testing::Test {
 protected:
  static constexpr const char* kTables[] = {"of_none", "of_sq8"};

  ReadingWhatOthersWrite() {
    holder_.Rows("PRAGMA journal_mode = wal");
    holder_.Rows(
        OfEach("create virtual table T using semblance(v float[8] distance_metric=l2 "
               "index=hnsw quantization=Q)"));
    holder_.Rows(
        OfEach("insert into T(rowid, v) with recursive i(x) as (select 1 union all select "
               "x + 1 from i where x < 2000) select x, '[' || x || ',0,0,0,0,0,0,1]' from "
               "i; insert into T(T) values ('optimize')"));
  }
  // With T for a table's name, and Q for its quantization.
  static std::string OfEach(const std::string& sql) {
    std::string all;
    for (const std::string table : kTables) {
      for (const char c : sql + ";")
        all += c == 'T' ? table : c == 'Q' ? table.substr(3) : std::string(1, c);
    }
    return all;
  }
  std::string Answers(TestConnection* connection) const {
    std::string all;
    for (const std::string& row : connection->Rows(search_)) all += row + "\n";
    return all;
  }
  void ExpectAsByOneThatKnowsNothing(const std::string& when) {
    const auto fresh = InAnotherProcess(file_, search_);
    EXPECT_EQ(fresh.err, "");
    EXPECT_EQ(Answers(&holder_), fresh.out) << when;
  }

  const std::string search_ = OfEach(
      "select group_concat(rowid || ':' || distance, ' ') from (select rowid, distance from "
      "T where v match '[40.25,0,0,0,0,0,0,1]' and k = 12)");
  const TempFolder folder_;
  const std::string file_ = folder_.File("beside.db");
  TestConnection holder_{file_};
};

TEST_F(ReadingWhatOthersWrite, AnswersAsAProcessThatKnowsNothing) {
  TestConnection old(file_);
  old.Rows("BEGIN");
  const std::string then = Answers(&old);
  for (const char* change : {
           "insert into T(rowid, v) values (5000, '[40.5,0,0,0,0,0,0,1]')",
           "update T set v = '[7,0,0,0,0,0,0,1]' where rowid = 41",
           "delete from T where rowid = 39",
           "update T set v = '[40,0,0,0,0,0,0,1.5]' where rowid = 5000",
           "begin; delete from T where rowid = 5000; delete from T where rowid % 3 = 0; commit",
       }) {
    ASSERT_EQ(InAnotherProcess(file_, OfEach(change)).err, "");
    EXPECT_EQ(Answers(&old), then) << "of an older snapshot, after " << change;
    ExpectAsByOneThatKnowsNothing(change);
  }
  old.Rows("COMMIT");
  for (const char* change : {"insert into T(T) values ('optimize')",
                             "insert into T(rowid, v) values (6000, '[40.5,0,0,0,0,0,0,1]')",
                             "insert into T(T) values ('rebuild')"}) {
    ASSERT_EQ(InAnotherProcess(file_, OfEach(change)).err, "");
    ExpectAsByOneThatKnowsNothing(change);
    holder_.Rows(OfEach("insert into T(v) values ('[40,0,0,0,0,0,0,1.25]')"));
    ExpectAsByOneThatKnowsNothing(change);
  }
  EXPECT_EQ(holder_.ErrorOf(OfEach("insert into T(T) values ('integrity-check')")), "");
}

}  // namespace
}  // namespace semblance::test
