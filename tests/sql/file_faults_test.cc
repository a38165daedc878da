// Every write, sync, open, deletion and truncation of the database, its journal and its WAL fails
// in turn: the statement says so, SQLite and the store are both as before, and all goes on when the
// fault is gone.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/sql/failing_vfs.h"
#include "tests/sql/test_connection.h"

namespace semblance::test {
namespace {

using Rows = std::vector<std::string>;

struct Plan {
  const char* name;
  FileFault fault;
};
std::string NameOf(const testing::TestParamInfo<std::tuple<Plan, const char*>>& info) {
  return std::get<0>(info.param).name + std::string("_") + std::get<1>(info.param);
}

class FileFaults : public testing::TestWithParam<std::tuple<Plan, const char*>> {
 protected:
  void SetUp() override {
    // Holds the store open, so that the connections that fail are quickly there again.
    keeper_.Rows(std::string("PRAGMA journal_mode = ") + std::get<1>(GetParam()));
    keeper_.Rows(
        "CREATE VIRTUAL TABLE p USING semblance(v FLOAT[2] distance_metric=l2, tag TEXT);"
        "CREATE VIRTUAL TABLE notes USING semblance(body TEXT EMBED);"
        "WITH RECURSIVE i(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM i WHERE x < 40)"
        "INSERT INTO p(rowid, v, tag) SELECT x, '[' || x || ',0]', hex(zeroblob(600)) FROM i;"
        "INSERT INTO notes(body) VALUES ('a violin'), ('winter in the north'), ('a loaf of "
        "bread')");
  }

  // Runs `work`, which may be done again, with its first, second, … operation failing, until none
  // of them is met.
  void FailEachOperationOf(const std::string& work) {
    Rows before = Content();
    // Each of them twice, as long as the transaction goes on, and only once.
    for (int step = 0;; ++step) {
      const int n = step / 2;
      const bool lasts = step % 2 == 0;
      SCOPED_TRACE("operation " + std::to_string(n) + " of: " + work.substr(0, 60));
      TestConnection connection(FailingUri(folder_.File("faults.db")));
      connection.Rows("PRAGMA cache_size = 10");  // pages are spilled before the commit
      connection.Rows("SELECT count(*) FROM p");
      FailAt(std::get<0>(GetParam()).fault, n, lasts);
      const std::string error = connection.ErrorOf(work);
      if (connection.InTransaction()) connection.ErrorOf("ROLLBACK");
      LiftFault();
      if (error.empty()) {
        if (!FaultWasMet()) break;
        before = Content(&connection);  // of what SQLite can do without, as a checkpoint
        ASSERT_EQ(Content(), before);
        continue;
      }
      ++met_;
      ASSERT_TRUE(FaultWasMet()) << error;
      EXPECT_THAT(error, testing::AnyOf(testing::HasSubstr("disk I/O error"),
                                        testing::HasSubstr("disk is full"),
                                        testing::HasSubstr("unable to open database file")));
      ASSERT_EQ(Content(&connection), before) << error;
      ASSERT_EQ(Content(), before) << error;
      ASSERT_LT(n, 2000);
    }
  }

  Rows Content() { return Content(&keeper_); }
  // What is there, and that the store says the same.
  static Rows Content(TestConnection* connection) {
    for (const char* table : {"p", "notes"}) {
      const std::string name = table;
      EXPECT_EQ(
          connection->ErrorOf("INSERT INTO " + name + "(" + name + ") VALUES ('integrity-check')"),
          "");
    }
    EXPECT_EQ(connection->Value("PRAGMA integrity_check"), "ok");
    Rows content = connection->Rows("SELECT rowid, vec_to_json(v), length(tag) FROM p");
    for (const char* more :
         {"SELECT rowid, distance FROM p WHERE v MATCH '[7,1]' AND k = 100",
          "SELECT rowid, body FROM notes", "SELECT rowid FROM notes WHERE body MATCH 'music'",
          "SELECT value FROM notes_state WHERE key = 'collection'"}) {
      for (const std::string& row : connection->Rows(more)) content.push_back(row);
    }
    return content;
  }

  TempFolder folder_;
  TestConnection keeper_{folder_.File("faults.db")};
  int met_ = 0;
};

TEST_P(FileFaults, LeaveBothStoresAsTheyWere) {
  FailEachOperationOf(
      "BEGIN;"
      "INSERT OR REPLACE INTO p(rowid, v, tag) VALUES (100, '[7,2]', hex(zeroblob(3000)));"
      "UPDATE p SET v = '[' || (rowid + 50) || ',3]', tag = hex(zeroblob(900)) WHERE rowid < 30;"
      "DELETE FROM p WHERE rowid BETWEEN 30 AND 35;"
      "INSERT INTO notes(body) VALUES ('a guitar and a drum'); DELETE FROM notes WHERE rowid = 2;"
      "COMMIT");
  FailEachOperationOf("DELETE FROM p WHERE rowid % 2 = 0");
  FailEachOperationOf("INSERT INTO notes(notes) VALUES ('model=default')");
  // What a journal mode has none of, such as deletions with a WAL, cannot fail in it.
  const FileFault fault = std::get<0>(GetParam()).fault;
  if (fault == FileFault::kWrite || fault == FileFault::kFull || fault == FileFault::kShortWrite) {
    EXPECT_GT(met_, 10);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Sql, FileFaults,
    testing::Combine(testing::Values(Plan{"Write", FileFault::kWrite},
                                     Plan{"ShortWrite", FileFault::kShortWrite},
                                     Plan{"Full", FileFault::kFull}, Plan{"Sync", FileFault::kSync},
                                     Plan{"Open", FileFault::kOpen},
                                     Plan{"Delete", FileFault::kDelete},
                                     Plan{"Truncate", FileFault::kTruncate}),
                     testing::Values("delete", "wal")),
    NameOf);

}  // namespace
}  // namespace semblance::test
