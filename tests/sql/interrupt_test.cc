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

}  // namespace
}  // namespace semblance::test
