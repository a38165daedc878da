// sqlite3_interrupt() ends what takes long, soon and without harm.
//
// Each statement here would run for seconds or minutes. How soon it ends is printed; what is held
// against is far more than the 50 ms that are aimed at, for slow and busy machines.

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <iostream>
#include <string>
#include <thread>

#include "tests/sql/test_connection.h"

namespace semblance::test {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

class Interrupt : public testing::Test {
 protected:
  Interrupt() : connection_(folder_.File("interrupt.db")) {}

  void MakePoints(int rows, int dimension) {
    std::string vector = "'['";
    for (int d = 0; d < dimension; ++d)
      vector += std::string(d == 0 ? "" : "||','") + "||((x * " + std::to_string(7919 + 104 * d) +
                " + x / 3) % 1009)";
    connection_.Rows("CREATE VIRTUAL TABLE p USING semblance(v FLOAT[" + std::to_string(dimension) +
                     "] distance_metric=l2);"
                     "WITH RECURSIVE i(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM i WHERE x < " +
                     std::to_string(rows) + ") INSERT INTO p(rowid, v) SELECT x, " + vector +
                     "||']' FROM i;");
  }

  void MakeTexts(int rows) {
    connection_.Rows("CREATE VIRTUAL TABLE notes USING semblance(body TEXT EMBED);" +
                     TextRows(rows));
  }
  static std::string TextRows(int rows) {
    return "WITH RECURSIVE i(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM i WHERE x < " +
           std::to_string(rows) +
           ") INSERT INTO notes(body) SELECT printf('the %d. of many notes, about %d things that "
           "happened to %d people in the year %d, while others looked on and wrote %d letters', x, "
           "x * 7, x % 91, x % 2000, x * 13) FROM i;";
  }

  // Runs `sql` and interrupts it from another thread once it is under way.
  void ExpectInterrupted(const std::string& sql) {
    std::atomic<bool> ended{false};
    Clock::time_point asked;
    std::thread other([&] {
      std::this_thread::sleep_for(milliseconds(100));
      asked = Clock::now();
      sqlite3_interrupt(connection_.db());
      // It may have come between two statements.
      while (!ended) {
        std::this_thread::sleep_for(milliseconds(200));
        if (!ended) sqlite3_interrupt(connection_.db());
      }
    });
    int code = SQLITE_OK;
    try {
      connection_.Rows(sql);
    } catch (const SqlError& error) {
      code = error.code() & 0xff;
    }
    const auto end = Clock::now();
    ended = true;
    other.join();
    EXPECT_EQ(code, SQLITE_INTERRUPT) << sql;
    const auto waited = std::chrono::duration_cast<milliseconds>(end - asked).count();
    std::cout << "interrupted after " << waited << " ms: " << sql.substr(0, 70) << "\n";
    EXPECT_LT(waited, 5000) << sql;
  }

  TempFolder folder_;
  TestConnection connection_;
};

// Counts how often the extension asks within one statement whether it was interrupted, which it
// does by a statement of its own, and interrupts it at one of these.
class Polls {
 public:
  // `at`: 0 for never.
  static int Of(TestConnection* connection, const std::string& sql, int at = 0) {
    Polls polls(connection->db(), at);
    sqlite3_trace_v2(connection->db(), SQLITE_TRACE_STMT, Note, &polls);
    int code = SQLITE_OK;
    try {
      connection->Rows(sql);
    } catch (const SqlError& error) {
      code = error.code() & 0xff;
    }
    sqlite3_trace_v2(connection->db(), 0, nullptr, nullptr);
    EXPECT_EQ(code, at == 0 ? SQLITE_OK : SQLITE_INTERRUPT) << sql;
    return polls.count_;
  }
  // Every one of them ends the statement, at the next at the latest.
  static void ExpectThatAnyEnds(TestConnection* connection, const std::string& sql, int polls) {
    for (const int at : {1, polls / 2, polls - 2})
      EXPECT_LE(Of(connection, sql, at), at + 2) << sql;
  }

 private:
  Polls(sqlite3* db, int at) : db_(db), at_(at) {}
  static int Note(unsigned, void* context, void*, void* sql) {
    auto* polls = static_cast<Polls*>(context);
    if (std::string_view(static_cast<const char*>(sql)) != "-- SELECT 1") return 0;
    if (++polls->count_ == polls->at_) sqlite3_interrupt(polls->db_);
    return 0;
  }
  sqlite3* const db_;
  const int at_;
  int count_ = 0;
};

TEST_F(Interrupt, EndsSearches) {
  MakePoints(20000, 16);
  ExpectInterrupted(
      "WITH RECURSIVE i(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM i WHERE x < 1000000) "
      "SELECT count(*), sum(distance) FROM i CROSS JOIN p ON p.v MATCH "
      "vec_f32('[' || x || ',0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]') AND p.k = 5000");
  EXPECT_EQ(connection_.Value("SELECT count(*) FROM p WHERE v MATCH similar_to(1)"), "19999");
}

TEST_F(Interrupt, EndsADiverseSearch) {
  MakePoints(40000, 16);
  ExpectInterrupted(
      "SELECT count(*) FROM p WHERE v MATCH similar_to(1) AND k = 10000 AND diversity = 0.5");
}

TEST_F(Interrupt, EndsPairs) {
  MakePoints(20000, 16);
  ExpectInterrupted("SELECT count(*) FROM semblance_pairs('p', 1e9)");
}

TEST_F(Interrupt, EndsClusters) {
  MakePoints(20000, 16);
  ExpectInterrupted("SELECT count(*) FROM semblance_clusters('p', 8000)");
}

TEST_F(Interrupt, EndsOptimize) {
  MakePoints(60000, 64);
  ExpectInterrupted("INSERT INTO p(p) VALUES ('optimize')");
  EXPECT_EQ(connection_.ErrorOf("INSERT INTO p(p) VALUES ('integrity-check')"), "");
}

TEST_F(Interrupt, EndsARebuildAndLeavesTheOldVectors) {
  MakeTexts(30000);
  const std::string near = "SELECT rowid FROM notes WHERE body MATCH 'letters of people' AND k = 5";
  const auto before = connection_.Rows(near);
  ExpectInterrupted("INSERT INTO notes(notes) VALUES ('rebuild')");
  EXPECT_EQ(connection_.Rows(near), before);
  EXPECT_EQ(connection_.ErrorOf("INSERT INTO notes(notes) VALUES ('integrity-check')"), "");
}

TEST_F(Interrupt, EndsEmbeddingAndLeavesNothingOfTheTransaction) {
  connection_.Rows("CREATE VIRTUAL TABLE notes USING semblance(body TEXT EMBED);");
  ExpectInterrupted(TextRows(10000000));
  EXPECT_EQ(connection_.Value("SELECT count(*) FROM notes"), "0");
  EXPECT_EQ(connection_.ErrorOf("INSERT INTO notes(notes) VALUES ('integrity-check')"), "");
}

TEST_F(Interrupt, IsAskedForWhileAFirstSearchLoads) {
  const std::string file = folder_.File("loaded.db");
  TestConnection(file).Rows(
      "CREATE VIRTUAL TABLE p USING semblance(v FLOAT[1024] distance_metric=l2);"
      "WITH RECURSIVE i(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM i WHERE x < 5000) "
      "INSERT INTO p(rowid, v) SELECT x, zeroblob(4096) FROM i;");
  // A search, a look at one vector, and a first write.
  for (const char* sql : {"SELECT rowid FROM p WHERE v MATCH zeroblob(4096) AND k = 3",
                          "SELECT length(v) FROM p WHERE rowid = 7",
                          "UPDATE p SET v = zeroblob(4096) WHERE rowid = 7"}) {
    std::vector<std::string> rows;
    {
      TestConnection reader(file);
      EXPECT_GE(Polls::Of(&reader, sql), 10) << sql;
      rows = reader.Rows(sql);
    }
    for (const int at : {1, 5, 8}) {
      TestConnection reader(file);
      EXPECT_LE(Polls::Of(&reader, sql, at), at + 2) << sql;
      EXPECT_EQ(reader.Rows(sql), rows) << sql;
    }
  }
}

TEST_F(Interrupt, IsAskedForWithinOneExactScan) {
  connection_.Rows(
      "CREATE VIRTUAL TABLE p USING semblance(v FLOAT[1024] distance_metric=l2 index=flat);"
      "WITH RECURSIVE i(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM i WHERE x < 20000) "
      "INSERT INTO p(v) SELECT zeroblob(4096) FROM i;");
  const std::string scan = "SELECT count(*) FROM p WHERE p MATCH zeroblob(4096) AND k = 1";
  const int polls = Polls::Of(&connection_, scan);
  EXPECT_GE(polls, 3);
  Polls::ExpectThatAnyEnds(&connection_, scan, polls);
}

TEST_F(Interrupt, IsAskedForBetweenTheBatchesOfOneEmbedding) {
  MakeTexts(500);
  const std::string search = "SELECT count(*) FROM notes WHERE body MATCH 'x' AND k = 1";
  connection_.Rows("BEGIN; UPDATE notes SET body = body || '.';");
  // The search embeds what the transaction has written, in one go.
  const int polls = Polls::Of(&connection_, search);
  EXPECT_GE(polls, 4);
  // Other texts: the first ones are remembered.
  connection_.Rows("ROLLBACK; BEGIN; UPDATE notes SET body = body || '!';");
  EXPECT_LE(Polls::Of(&connection_, search, polls / 2), polls / 2 + 2);
}

}  // namespace
}  // namespace semblance::test
