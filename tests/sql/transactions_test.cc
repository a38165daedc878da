// What bites in transactions and in the life of a virtual table, one test a trap; docs/sqlite.md
// lists them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <string>
#include <thread>

#include "tests/sql/points.h"

namespace semblance::test {
namespace {

using testing::HasSubstr;

class Transactions : public Points {
 protected:
  void TearDown() override {
    EXPECT_EQ(ErrorOf("INSERT INTO p(p) VALUES ('integrity-check')"), "");
  }
  Rows Nearest(TestConnection* connection, const std::string& at) {
    return connection->Rows("SELECT rowid FROM p WHERE v MATCH '" + at + "' AND k = 1");
  }
};

// The store has prepared the commit when SQLite finds that it cannot write.
TEST_F(Transactions, ACommitThatSqliteCouldNotMakeIsMadeLater) {
  TestConnection reader(folder_.File("points.db"));
  reader.Rows("BEGIN; SELECT count(*) FROM p");
  Ask("BEGIN; INSERT INTO p(rowid, v) VALUES (500, '[500,0]')");
  EXPECT_THAT(ErrorOf("COMMIT"), HasSubstr("locked"));
  EXPECT_EQ(Nearest(&connection_, "[600,0]"), (Rows{"500"}));
  EXPECT_EQ(Nearest(&reader, "[600,0]"), (Rows{"100"}));
  reader.Rows("COMMIT");
  Ask("COMMIT");
  EXPECT_EQ(Nearest(&reader, "[600,0]"), (Rows{"500"}));
}

TEST_F(Transactions, ACommitThatSqliteCouldNotMakeIsTakenBack) {
  TestConnection reader(folder_.File("points.db"));
  reader.Rows("BEGIN; SELECT count(*) FROM p");
  Ask("BEGIN; INSERT INTO p(rowid, v) VALUES (500, '[500,0]')");
  EXPECT_THAT(ErrorOf("COMMIT"), HasSubstr("locked"));
  Ask("ROLLBACK");
  reader.Rows("COMMIT");
  EXPECT_EQ(Nearest(&connection_, "[600,0]"), (Rows{"100"}));
  Ask("INSERT INTO p(rowid, v) VALUES (501, '[501,0]')");
  EXPECT_EQ(Nearest(&reader, "[600,0]"), (Rows{"501"}));
}

TEST_F(Transactions, AReaderSeesTheCommitOfItsSnapshot) {
  Ask("PRAGMA journal_mode = wal");
  TestConnection reader(folder_.File("points.db"));
  reader.Rows("BEGIN; SELECT count(*) FROM q");
  Ask("UPDATE p SET v = '[-5,0]' WHERE rowid = 100; DELETE FROM p WHERE rowid = 1");
  EXPECT_EQ(Nearest(&reader, "[0,0]"), (Rows{"1"}));
  EXPECT_EQ(Nearest(&reader, "[-9,0]"), (Rows{"1"}));
  EXPECT_EQ(reader.Value("SELECT vec_to_json(v) FROM p WHERE rowid = 100"), "[99,0]");
  reader.Rows("COMMIT");
  EXPECT_EQ(Nearest(&reader, "[-9,0]"), (Rows{"100"}));
}

TEST_F(Transactions, ATableThatJoinsLateKnowsTheOpenSavepoints) {
  Ask("CREATE TABLE plain(x); BEGIN; INSERT INTO plain VALUES (1); SAVEPOINT a; SAVEPOINT b; "
      "SAVEPOINT c");
  Ask("INSERT INTO p(rowid, v) VALUES (500, '[500,0]'); ROLLBACK TO b");
  EXPECT_EQ(Nearest(&connection_, "[600,0]"), (Rows{"100"}));
  Ask("INSERT INTO p(rowid, v) VALUES (501, '[501,0]'); RELEASE b; ROLLBACK TO a");
  Ask("INSERT INTO p(rowid, v) VALUES (502, '[502,0]'); COMMIT");
  EXPECT_EQ(Ask("SELECT rowid FROM p WHERE v MATCH '[600,0]' AND k = 2"), (Rows{"502", "100"}));
}

TEST_F(Transactions, AStatementThatFailsLeavesNothingOfItself) {
  Ask("BEGIN; INSERT INTO p(rowid, v) VALUES (500, '[500,0]')");
  EXPECT_NE(ErrorOf("INSERT INTO p(rowid, v) VALUES (501, '[501,0]'), (7, '[502,0]')"), "");
  EXPECT_NE(
      ErrorOf("UPDATE p SET v = CASE rowid WHEN 9 THEN '[1]' ELSE '[700,0]' END WHERE rowid < 20"),
      "");
  EXPECT_EQ(Ask("SELECT rowid FROM p WHERE v MATCH '[700,0]' AND k = 2"), (Rows{"500", "100"}));
  Ask("COMMIT");
  EXPECT_EQ(Ask("SELECT rowid FROM p WHERE v MATCH '[700,0]' AND k = 2"), (Rows{"500", "100"}));
}

TEST_F(Transactions, ConflictClausesAreFollowedAndUpsertIsSqlitesToRefuse) {
  Ask("INSERT OR IGNORE INTO p(rowid, v) VALUES (5, '[900,0]'), (101, '[100,0]')");
  EXPECT_EQ(Nearest(&connection_, "[900,0]"), (Rows{"101"}));
  Ask("INSERT OR REPLACE INTO p(rowid, v) VALUES (5, '[900,0]')");
  EXPECT_EQ(Nearest(&connection_, "[900,0]"), (Rows{"5"}));
  Ask("UPDATE OR REPLACE p SET rowid = 6 WHERE rowid = 5");
  EXPECT_EQ(Nearest(&connection_, "[900,0]"), (Rows{"6"}));
  EXPECT_THAT(
      ErrorOf("INSERT INTO p(rowid, v) VALUES (6, '[1,0]') ON CONFLICT DO UPDATE SET n = 1"),
      HasSubstr("UPSERT not implemented for virtual table"));
}

TEST_F(Transactions, ObjectsThatSqliteMakesAnewKnowWhatIsUncommitted) {
  Ask("BEGIN; INSERT INTO p(rowid, v) VALUES (500, '[500,0]')");
  Ask("CREATE TABLE another(x)");
  EXPECT_EQ(Nearest(&connection_, "[600,0]"), (Rows{"500"}));
  Ask("ALTER TABLE p RENAME TO r; INSERT INTO r(rowid, v) VALUES (501, '[501,0]')");
  Ask("ALTER TABLE r RENAME TO p; COMMIT; VACUUM");
  TestConnection other(folder_.File("points.db"));
  other.Rows("CREATE TABLE third(x)");
  EXPECT_EQ(Nearest(&connection_, "[600,0]"), (Rows{"501"}));
}

TEST_F(Transactions, VacuumKeepsTheRowIds) {
  Ask("DELETE FROM p WHERE rowid % 3 = 0; VACUUM");
  EXPECT_EQ(Ask("SELECT rowid, vec_to_json(v) FROM p WHERE v MATCH '[50,0]' AND k = 2"),
            (Rows{"50|[49,0]", "52|[51,0]"}));
}

TEST_F(Transactions, ShadowTablesAreNobodysToWrite) {
  sqlite3_db_config(connection_.db(), SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  EXPECT_EQ(ErrorOf("DELETE FROM p_content"), "table p_content may not be modified");
  EXPECT_EQ(ErrorOf("UPDATE p_state SET value = 0"), "table p_state may not be modified");
  Ask("INSERT INTO p(rowid, v) VALUES (500, '[500,0]'); ALTER TABLE p RENAME TO r");
  EXPECT_EQ(Ask("SELECT name FROM sqlite_schema WHERE name LIKE 'r%' ORDER BY 1"),
            (Rows{"r", "r_content", "r_state"}));
  Ask("ALTER TABLE r RENAME TO p");
}

TEST_F(Transactions, ChangesCountsTheRowsOfTheUser) {
  Ask("INSERT INTO p(v) VALUES ('[1,1]'), ('[2,1]'), ('[3,1]')");
  EXPECT_EQ(Ask("SELECT changes(), last_insert_rowid()"), (Rows{"3|103"}));
  Ask("BEGIN; INSERT INTO p(v) VALUES ('[1,1]'), ('[2,1]'); COMMIT");
  EXPECT_EQ(Ask("SELECT changes(), last_insert_rowid()"), (Rows{"2|105"}));
  Ask("BEGIN; UPDATE p SET v = '[9,9]' WHERE rowid > 103; SAVEPOINT s; DELETE FROM p WHERE rowid < "
      "4; COMMIT");
  EXPECT_EQ(Ask("SELECT changes(), last_insert_rowid()"), (Rows{"3|105"}));
  Ask("DELETE FROM p WHERE n = 7");
  EXPECT_EQ(Ask("SELECT changes()"), (Rows{"10"}));
}

// SQLite gives what the statement said, and does not ask the table what became of it.
TEST_F(Transactions, ReturningKnowsARowIdOnlyThatTheStatementNames) {
  EXPECT_EQ(Ask("INSERT INTO p(rowid, v, name, n) VALUES (300, '[1,1]', 'x', '7') "
                "RETURNING rowid, name, n, v"),
            (Rows{"300|x|7|[1,1]"}));
  EXPECT_EQ(
      Ask("INSERT INTO p(v, name) VALUES ('[1,1]', 'x'), ('[2,1]', 'y') RETURNING rowid, name"),
      (Rows{"-1|x", "-1|y"}));
  EXPECT_EQ(Ask("SELECT last_insert_rowid()"), (Rows{"302"}));
  Ask("CREATE VIRTUAL TABLE keyed USING semblance(id INTEGER PRIMARY KEY, v FLOAT[1])");
  EXPECT_EQ(Ask("INSERT INTO keyed(id, v) VALUES (7, '[1]') RETURNING id, v"), (Rows{"7|[1]"}));
  EXPECT_THAT(ErrorOf("UPDATE p SET n = 3 WHERE rowid = 300 RETURNING n"),
              HasSubstr("RETURNING is not available on virtual tables"));
  EXPECT_THAT(ErrorOf("DELETE FROM p WHERE rowid = 300 RETURNING n"),
              HasSubstr("RETURNING is not available on virtual tables"));
}

TEST_F(Transactions, WhatATransactionTakesBackLeavesTheCommitsInStep) {
  Ask("BEGIN; SAVEPOINT s; INSERT INTO p(rowid, v) VALUES (500, '[500,0]'); ROLLBACK TO s; COMMIT");
  Ask("BEGIN; INSERT INTO p(rowid, v) VALUES (501, '[501,0]'); DELETE FROM p WHERE rowid = 501; "
      "COMMIT");
  Ask("BEGIN; UPDATE p SET n = 3 WHERE rowid = 1; COMMIT");
  Ask("BEGIN; SAVEPOINT s; INSERT INTO p(rowid, v) VALUES (502, '[502,0]'); ROLLBACK TO s;"
      "INSERT INTO p(rowid, v) VALUES (503, '[503,0]'); COMMIT");
  TestConnection other(folder_.File("points.db"));
  EXPECT_EQ(Nearest(&other, "[600,0]"), (Rows{"503"}));
  EXPECT_EQ(Ask("SELECT count(*) FROM p WHERE v MATCH '[0,0]'"), (Rows{"101"}));
}

TEST_F(Transactions, ARebuildTakesAlongWhatIsUncommitted) {
  Ask("BEGIN; INSERT INTO p(rowid, v) VALUES (500, '[500,0]'); DELETE FROM p WHERE rowid = 100");
  Ask("INSERT INTO p(p) VALUES ('rebuild'); INSERT INTO p(rowid, v) VALUES (501, '[501,0]')");
  EXPECT_EQ(Ask("SELECT rowid FROM p('[600,0]', 3)"), (Rows{"501", "500", "99"}));
  Ask("COMMIT");
  EXPECT_EQ(Ask("SELECT rowid FROM p('[600,0]', 3)"), (Rows{"501", "500", "99"}));
}

TEST_F(Transactions, ThePragmaChecksTheVectorsTooWhereTheHostAsks) {
  EXPECT_EQ(Ask("PRAGMA integrity_check"), (Rows{"ok"}));
  Ask("BEGIN; INSERT INTO p(rowid, v) VALUES (500, '[500,0]')");
  EXPECT_EQ(Ask("PRAGMA integrity_check; COMMIT"), (Rows{"ok"}));
  Ask("DELETE FROM p_content WHERE id = 7");
  const bool host_asks = sqlite3_libversion_number() >= 3044000;
  EXPECT_THAT(
      Ask("PRAGMA integrity_check"),
      testing::ElementsAre(HasSubstr(host_asks ? "semblance: E_CORRUPT: table p: " : "ok")));
  EXPECT_EQ(Ask("PRAGMA quick_check"), (Rows{"ok"}));
  Ask("INSERT INTO p_content(id, c0) VALUES (7, 'even')");
}

TEST_F(Transactions, AStatementMayChangeWhatItSearches) {
  Ask("UPDATE p SET n = -1 WHERE v MATCH '[10,0]' AND k = 3");
  EXPECT_EQ(Ask("SELECT rowid FROM p WHERE n = -1"), (Rows{"10", "11", "12"}));
  Ask("UPDATE p SET v = '[' || (1000 + rowid) || ',0]' WHERE v MATCH '[0,0]' AND n = 5 AND k = 4");
  EXPECT_EQ(Ask("SELECT rowid FROM p('[1000,0]', 4)"), (Rows{"6", "16", "26", "36"}));
  Ask("INSERT INTO p(rowid, v, n) SELECT 200 + rowid, v, n FROM p('[50,0]', 3)");
  EXPECT_EQ(Ask("SELECT rowid FROM p('[50,0]', 6)"), (Rows{"51", "251", "50", "52", "250", "252"}));
  Ask("DELETE FROM p WHERE v MATCH '[50,0]' AND k = 4 AND rowid > 60");
  EXPECT_EQ(Ask("SELECT rowid FROM p('[50,0]', 6)"), (Rows{"51", "50", "52", "49", "53", "48"}));
  Ask("DELETE FROM p WHERE v MATCH '[0,0]'");
  EXPECT_EQ(Ask("SELECT count(*) FROM p"), (Rows{"0"}));
}

TEST_F(Transactions, ASearchUnderWayOutlivesWhatIsWrittenMeanwhile) {
  sqlite3_stmt* statement = nullptr;
  ASSERT_EQ(sqlite3_prepare_v2(connection_.db(), "SELECT rowid, name FROM p WHERE v MATCH '[0,0]'",
                               -1, &statement, nullptr),
            SQLITE_OK);
  Ask("BEGIN; INSERT INTO p(rowid, v) VALUES (500, '[500,0]')");
  int64_t rows = 0;
  double last = 0;
  while (sqlite3_step(statement) == SQLITE_ROW) {
    const auto row_id = static_cast<double>(sqlite3_column_int64(statement, 0));
    EXPECT_GT(row_id, last);  // as the points lie
    last = row_id;
    if (rows == 5)
      Ask("DELETE FROM p WHERE rowid BETWEEN 20 AND 30; INSERT INTO p(v) VALUES ('[1,1]')");
    if (rows == 10) Ask("COMMIT");
    if (rows == 15) Ask("INSERT INTO p(p) VALUES ('optimize')");
    if (++rows > 200) break;
  }
  EXPECT_EQ(sqlite3_finalize(statement), SQLITE_OK);
  EXPECT_GE(rows, 90);
}

TEST(TransactionsOfALostFolder, TheTableCanBeDroppedAndSaysWhatToType) {
  const TempFolder folder;
  {
    TestConnection connection(folder.File("notes.db"));
    connection.Rows("CREATE VIRTUAL TABLE \"my notes\" USING semblance(body TEXT EMBED)");
    connection.Rows("CREATE VIRTUAL TABLE points USING semblance(v FLOAT[1])");
    connection.Rows(
        "INSERT INTO \"my notes\" VALUES ('a violin'); INSERT INTO points VALUES ('[1]')");
  }
  ASSERT_GT(std::filesystem::remove_all(folder.File("notes.db-semblance")), 0u);
  TestConnection connection(folder.File("notes.db"));
  const std::string search = " WHERE body MATCH 'x' AND k = 1";
  EXPECT_THAT(
      connection.ErrorOf("SELECT * FROM \"my notes\"" + search),
      HasSubstr(
          "; INSERT INTO \"my notes\"(\"my notes\") VALUES('rebuild') makes the vectors again"));
  EXPECT_THAT(connection.ErrorOf("SELECT * FROM points('[1]')"),
              HasSubstr("bring back the folder"));
  connection.Rows("ATTACH '" + folder.File("notes.db") + "' AS \"the copy\"");
  EXPECT_THAT(connection.ErrorOf("SELECT * FROM \"the copy\".\"my notes\"" + search),
              HasSubstr("; INSERT INTO \"the copy\".\"my notes\"(\"my notes\") VALUES('rebuild')"));
  connection.Rows("DETACH \"the copy\"");
  connection.Rows("INSERT INTO \"my notes\"(\"my notes\") VALUES('rebuild')");
  EXPECT_EQ(connection.Rows("SELECT body FROM \"my notes\"" + search), (Rows{"a violin"}));
  connection.Rows("DROP TABLE points; DROP TABLE \"my notes\"");
  EXPECT_EQ(connection.Value("SELECT count(*) FROM sqlite_schema"), "0");
}

// Only the least of the time that a commit takes is looked at: no machine is too slow for that. No
// writer paused any more, because what it paused for was gone when it did.
TEST(TransactionsOfManyRows, AreFollowedByAPauseWhileSomebodySearches) {
  using std::chrono::milliseconds, std::chrono::steady_clock;
  const TempFolder folder;
  TestConnection writer(folder.File("busy.db"));
  writer.Rows("PRAGMA journal_mode = wal");
  writer.Rows("CREATE VIRTUAL TABLE p USING semblance(v FLOAT[2], index=hnsw)");
  std::atomic<uint64_t> searches{0};
  std::jthread reader([&](const std::stop_token& stop) {
    TestConnection connection(folder.File("busy.db"));
    for (; !stop.stop_requested(); ++searches)
      connection.Rows("SELECT rowid FROM p WHERE v MATCH '[1,2]' AND k = 1");
  });
  while (searches == 0) std::this_thread::yield();
  steady_clock::duration longest{};
  for (int i = 0; i < 5 && longest < milliseconds(400); ++i) {
    writer.Rows(
        "BEGIN; WITH RECURSIVE i(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM i WHERE x < 6000) "
        "INSERT INTO p(v) SELECT vec_f32('[' || x || ',1]') FROM i");
    const auto begun = steady_clock::now();
    writer.Rows("COMMIT");
    longest = std::max(longest, steady_clock::now() - begun);
  }
  EXPECT_GE(longest, milliseconds(400));
}

// It said that the database was damaged.
TEST(TransactionsRolledBack, AnOpenScanReadsWhatIsCommitted) {
  const TempFolder folder;
  TestConnection connection(folder.File("points.db"));
  connection.Rows("CREATE VIRTUAL TABLE p USING semblance(v FLOAT[1])");
  connection.Rows("INSERT INTO p VALUES ('[1]'), ('[2]')");
  connection.Rows("BEGIN; INSERT INTO p VALUES ('[3]')");
  sqlite3_stmt* scan = nullptr;
  ASSERT_EQ(sqlite3_prepare_v2(connection.db(), "SELECT rowid, vec_to_json(v) FROM p", -1, &scan,
                               nullptr),
            SQLITE_OK);
  EXPECT_EQ(sqlite3_step(scan), SQLITE_ROW);
  connection.Rows("ROLLBACK");
  const int code = sqlite3_step(scan);
  EXPECT_TRUE(code == SQLITE_ROW || (code & 0xff) == SQLITE_ABORT) << code;
  sqlite3_finalize(scan);
}

}  // namespace
}  // namespace semblance::test
