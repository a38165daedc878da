// semblance_backup(): two stores copied at one commit, whatever is written meanwhile.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "tests/sql/points.h"

namespace semblance::test {
namespace {

using testing::HasSubstr;
namespace fs = std::filesystem;

class Backup : public Points {
 protected:
  std::string Make(const std::string& folder) {
    return connection_.Value("SELECT semblance_backup('" + folder_.File(folder) + "')");
  }
};

void ExpectWhole(TestConnection* copy) {
  EXPECT_EQ(copy->ErrorOf("INSERT INTO p(p) VALUES ('integrity-check')"), "");
  EXPECT_EQ(copy->Value("PRAGMA integrity_check"), "ok");
  EXPECT_EQ(copy->Rows("SELECT rowid FROM p WHERE v MATCH '[3,1]' AND k = 10000"),
            copy->Rows("SELECT rowid FROM p ORDER BY vec_distance_l2(v, '[3,1]'), rowid"));
}

TEST_F(Backup, IsAnotherDatabaseWithTheSameContent) {
  EXPECT_EQ(Make("copy"), folder_.File("copy") + "/points.db");
  Ask("DELETE FROM p WHERE rowid > 10");
  TestConnection copy(folder_.File("copy") + "/points.db");
  ExpectWhole(&copy);
  EXPECT_EQ(copy.Value("SELECT count(*) FROM p"), "100");
  copy.Rows("INSERT INTO p(rowid, v) VALUES (500, '[500,0]')");
  EXPECT_EQ(copy.Value("SELECT rowid FROM p('[600,0]', 1)"), "500");
  EXPECT_EQ(Ask("SELECT rowid FROM p('[600,0]', 1)"), (Rows{"10"}));
}

// Texts and their model go along: nothing is embedded anew.
TEST_F(Backup, TakesModelsAlong) {
  Ask("CREATE VIRTUAL TABLE notes USING semblance(body TEXT EMBED);"
      "INSERT INTO notes(body) VALUES ('a violin concerto'), ('a plate of pasta')");
  TestConnection copy(Make("copy"));
  EXPECT_EQ(copy.Rows("SELECT body FROM notes WHERE body MATCH 'music' AND k = 1"),
            (Rows{"a violin concerto"}));
  EXPECT_EQ(copy.Value("SELECT built_in FROM semblance_models"), "0");
}

TEST_F(Backup, OfWhatIsInMemoryOrHasNoStoreIsMadeToo) {
  TestConnection memory(":memory:");
  memory.Rows(
      "CREATE VIRTUAL TABLE p USING semblance(v FLOAT[2] distance_metric=l2);"
      "INSERT INTO p(v) VALUES ('[1,0]'), ('[2,0]')");
  const std::string file =
      memory.Value("SELECT semblance_backup('" + folder_.File("memory") + "')");
  EXPECT_EQ(file, folder_.File("memory") + "/memory.db");
  TestConnection copy(file);
  ExpectWhole(&copy);
  TestConnection plain(folder_.File("plain.db"));
  plain.Rows("CREATE TABLE t(x); INSERT INTO t VALUES (7)");
  const std::string other = plain.Value("SELECT semblance_backup('" + folder_.File("other") + "')");
  EXPECT_EQ(TestConnection(other).Value("SELECT x FROM t"), "7");
  EXPECT_FALSE(fs::exists(other + "-semblance"));
}

TEST_F(Backup, RefusesAFolderThatHoldsSomethingAndLeavesItAsItIs) {
  fs::create_directory(folder_.File("used"));
  fs::create_directory(folder_.File("used") + "/mine");
  EXPECT_THAT(ErrorOf("SELECT semblance_backup('" + folder_.File("used") + "')"),
              HasSubstr("E_ARGUMENT: semblance_backup(): " + folder_.File("used") + " exists and"));
  EXPECT_TRUE(fs::exists(folder_.File("used") + "/mine"));
  EXPECT_THAT(ErrorOf("SELECT semblance_backup('" + folder_.File("points.db") + "')"),
              HasSubstr("E_ARGUMENT"));
  EXPECT_THAT(ErrorOf("SELECT semblance_backup('" + folder_.File("no") + "/such/folder')"),
              HasSubstr("cannot be made"));
  EXPECT_THAT(ErrorOf("SELECT semblance_backup(7)"), HasSubstr("E_ARGUMENT"));
  fs::create_directory(folder_.File("empty"));
  EXPECT_EQ(Make("empty"), folder_.File("empty") + "/points.db");
}

TEST_F(Backup, ThatFailsLeavesNothing) {
  TestConnection other(folder_.File("points.db"));
  other.Rows("BEGIN IMMEDIATE");
  EXPECT_THAT(ErrorOf("SELECT semblance_backup('" + folder_.File("copy") + "')"),
              HasSubstr("E_BUSY"));
  EXPECT_FALSE(fs::exists(folder_.File("copy")));
  fs::create_directory(folder_.File("empty"));
  EXPECT_NE(ErrorOf("SELECT semblance_backup('" + folder_.File("empty") + "')"), "");
  EXPECT_TRUE(fs::is_empty(folder_.File("empty")));
  other.Rows("COMMIT");
  Ask("BEGIN; DELETE FROM p WHERE rowid = 1");
  EXPECT_THAT(ErrorOf("SELECT semblance_backup('" + folder_.File("copy") + "')"),
              HasSubstr("open write transaction"));
  Ask("COMMIT");
}

// Of two at once into one folder, one is refused, and its clean-up leaves the other's copy.
TEST_F(Backup, IntoOneFolderByTwoAtOnceIsMadeByOne) {
  for (int round = 0; round < 5; ++round) {
    const std::string target = folder_.File("same" + std::to_string(round));
    std::string errors[2];
    {
      std::vector<std::jthread> threads;
      for (std::string& error : errors) {
        threads.emplace_back([&] {
          TestConnection connection(folder_.File("points.db"));
          error = connection.ErrorOf("SELECT semblance_backup('" + target + "')");
        });
      }
    }
    ASSERT_NE(errors[0].empty(), errors[1].empty()) << errors[0] << errors[1];
    EXPECT_THAT(errors[0] + errors[1], HasSubstr("E_ARGUMENT"));
    TestConnection copy(target + "/points.db");
    ExpectWhole(&copy);
  }
}

TEST_F(Backup, OfADatabaseWhoseVectorsAreGoneIsRefused) {
  connection_.Rows("CREATE VIRTUAL TABLE notes USING semblance(body TEXT EMBED)");
  const std::string lost = folder_.File("lost.db");
  fs::copy_file(folder_.File("points.db"), lost);
  TestConnection connection(lost);
  EXPECT_THAT(connection.ErrorOf("SELECT semblance_backup('" + folder_.File("copy") + "')"),
              HasSubstr("E_OUT_OF_STEP: semblance_backup(): the vectors of table"));
  EXPECT_FALSE(fs::exists(folder_.File("copy")));
}

// Each transaction leaves an even number of rows, and as many on either side of zero.
TEST_F(Backup, IsWholeWhileAnotherConnectionWrites) {
  for (const char* mode : {"wal", "delete"}) {
    SCOPED_TRACE(mode);
    Ask(std::string("PRAGMA journal_mode = ") + mode);
    std::atomic<int> commits{0};
    std::string complaint;
    std::jthread writer([&](const std::stop_token& stop) {
      try {
        TestConnection connection(folder_.File("points.db"));
        connection.Rows("PRAGMA busy_timeout = 20000");
        for (int i = 1; !stop.stop_requested(); ++i) {
          const std::string at = std::to_string(i % 500);
          connection.Rows("BEGIN IMMEDIATE; INSERT INTO p(v, name) VALUES ('[" + at +
                          ",5]', 'w'), ('[-" + at +
                          ",5]', 'w'); DELETE FROM p WHERE rowid IN "
                          "(SELECT rowid FROM p WHERE name = 'w' ORDER BY rowid LIMIT 2 * (" +
                          at + " % 3 = 0)); COMMIT");
          if (i % 20 == 0) connection.Rows("INSERT INTO p(p) VALUES ('optimize')");
          ++commits;
          std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
      } catch (const std::exception& error) {
        complaint = error.what();
      }
    });
    Ask("PRAGMA busy_timeout = 20000");
    for (int i = 0; i < 4; ++i) {
      const int before = commits;
      TestConnection copy(Make(mode + std::to_string(i)));
      ExpectWhole(&copy);
      EXPECT_EQ(copy.Value("SELECT count(*) % 2 FROM p"), "0");
      EXPECT_EQ(copy.Value("SELECT count(*) FROM p WHERE v MATCH '[0,5]' AND name = 'w' AND "
                           "distance <= 600 AND rowid > 100"),
                copy.Value("SELECT count(*) FROM p WHERE name = 'w' AND rowid > 100"));
      copy.Rows("INSERT INTO p(v, name) VALUES ('[1,1]', 'mine')");
      while (commits < before + 5 && complaint.empty()) std::this_thread::yield();
    }
    writer.request_stop();
    writer.join();
    EXPECT_EQ(complaint, "");
    Ask("DELETE FROM p WHERE name = 'w'");
  }
}

}  // namespace
}  // namespace semblance::test
