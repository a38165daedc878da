// A table changes its model while others search it: a reader sees the old vectors or the new, and
// always an answer.
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <atomic>
#include <string>
#include <thread>

#include "tests/sql/test_connection.h"

namespace semblance::test {
namespace {

TEST(ModelSwap, SearchesOfAnotherConnectionGoOnMeanwhile) {
  const TempFolder folder;
  TestConnection writer(folder.File("swap.db"));
  writer.Rows("PRAGMA journal_mode = wal");
  writer.Rows("CREATE VIRTUAL TABLE notes USING semblance(body TEXT EMBED)");
  writer.Rows(
      "INSERT INTO notes(body) WITH RECURSIVE i(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM i "
      "WHERE x < 3000) "
      "SELECT 'note number ' || x || CASE x % 3 WHEN 0 THEN ' about music' WHEN 1 THEN ' on "
      "winter' ELSE ' of bread' END "
      "FROM i");
  std::atomic<bool> swapping{true};
  std::atomic<int> answers{0};
  std::string complaint;
  std::thread reader([&] {
    try {
      TestConnection connection(folder.File("swap.db"));
      while (swapping || answers == 0) {
        const auto rows = connection.Rows(
            "SELECT body, distance FROM notes WHERE body MATCH 'about music' AND k = 5");
        if (rows.size() != 5) complaint = "a search gave " + std::to_string(rows.size()) + " rows";
        ++answers;
      }
    } catch (const std::exception& error) {
      complaint = error.what();
    }
  });
  for (int i = 0; i < 3; ++i) writer.Rows("INSERT INTO notes(notes) VALUES ('model=default')");
  swapping = false;
  reader.join();
  EXPECT_EQ(complaint, "");
  EXPECT_GT(answers, 0);
  writer.Rows("INSERT INTO notes(notes) VALUES ('integrity-check')");
}

}  // namespace
}  // namespace semblance::test
