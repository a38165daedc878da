// Several processes on one database, each an sqlite3 shell with the extension.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "tests/tools/cli_test.h"

namespace semblance::cli {
namespace {

using testing::HasSubstr;

class SeveralShells : public CliTest {
 protected:
  // Starts a shell with each script, all at once, and gives what they said.
  std::vector<Outcome> Together(const std::vector<std::string>& scripts) {
    std::vector<Outcome> outcomes(scripts.size());
    std::vector<std::thread> threads;
    for (size_t i = 0; i < scripts.size(); ++i) {
      threads.emplace_back([&, i] {
        outcomes[i] = Semblance({"shell", database_}, ".timeout 60000\n" + scripts[i]);
      });
    }
    for (std::thread& thread : threads) thread.join();
    return outcomes;
  }
};

class ProcessesTest : public SeveralShells {
 protected:
  void SetUp() override {
    Sql("PRAGMA journal_mode=WAL;"
        "CREATE VIRTUAL TABLE points USING semblance(v FLOAT[2], n INTEGER, distance_metric=l2);"
        "INSERT INTO points(v, n) VALUES ('[1,0]', 1), ('[2,0]', 2);");
  }
  static std::string Repeated(const std::string& statement, int times) {
    std::string script;
    for (int i = 0; i < times; ++i) script += statement;
    return script;
  }
};

constexpr char kSearch[] =
    "SELECT group_concat(n, ' ') FROM (SELECT n FROM points WHERE v MATCH '[1,0]' AND k = 2);\n";

TEST_F(ProcessesTest, AnIdleProcessGivesTheStoreToAnother) {
  // The second shell ends while the first, which searched before, still has its connection.
  const Outcome outcome =
      Semblance({"shell", database_},
                std::string(kSearch) + ".system " + SEMBLANCE_CLI + " shell " + database_ +
                    " \"INSERT INTO points(v, n) VALUES ('[1,0.5]', 3)\"\n" + kSearch);
  EXPECT_EQ(outcome.err, "");
  EXPECT_EQ(outcome.out, "1 2\n1 3\n");
}

// A segment that was just built kept the store open.
TEST_F(ProcessesTest, AProcessThatOptimizedGivesTheStoreToAnother) {
  const Outcome outcome = Semblance(
      {"shell", database_}, std::string("INSERT INTO points(points) VALUES('optimize');\n") +
                                ".system " + SEMBLANCE_CLI + " shell " + database_ +
                                " \"INSERT INTO points(v, n) VALUES ('[1,0.5]', 3)\"\n" + kSearch +
                                "INSERT INTO points(v, n) VALUES ('[1,0.25]', 4);\n" + kSearch);
  EXPECT_EQ(outcome.err, "");
  EXPECT_EQ(outcome.out, "1 3\n1 4\n");
}

// The watch was on the file of the folder that is gone.
TEST_F(ProcessesTest, AFolderThatWasMadeAgainIsHandedOverToo) {
  const Outcome outcome = Semblance({"shell", database_},
                                    "CREATE VIRTUAL TABLE notes USING semblance(body TEXT EMBED);"
                                    "INSERT INTO notes(body) VALUES ('words');\n"
                                    ".system rm -r " +
                                        database_ +
                                        "-semblance\n"
                                        "INSERT INTO notes(notes) VALUES('rebuild');\n"
                                        ".system " SEMBLANCE_CLI " shell " +
                                        database_ +
                                        " \"SELECT body FROM notes('words', 1)\"\n"
                                        "SELECT body FROM notes('words', 1);\n");
  EXPECT_EQ(outcome.err, "");
  EXPECT_EQ(outcome.out, "words\nwords\n");
}

// Who waited for the first one to make the store left a file that the others took for a stranger's.
TEST_F(SeveralShells, MakeTheStoreTogether) {
  std::vector<std::string> scripts;
  for (int i = 0; i < 4; ++i) {
    scripts.push_back("CREATE VIRTUAL TABLE t" + std::to_string(i) +
                      " USING semblance(v FLOAT[2]);\n");
  }
  for (const Outcome& outcome : Together(scripts)) EXPECT_EQ(outcome.err, "");
}

TEST_F(ProcessesTest, ManyReadAtOnce) {
  for (const Outcome& outcome : Together(std::vector<std::string>(4, Repeated(kSearch, 50)))) {
    EXPECT_EQ(outcome.err, "");
    EXPECT_EQ(outcome.out, Repeated("1 2\n", 50));
  }
}

TEST_F(ProcessesTest, WritersTakeTurnsAndReadersSeeWholeCommits) {
  const std::string write =
      "BEGIN IMMEDIATE;"
      "INSERT INTO points(v, n) VALUES ('[9,9]', 7); INSERT INTO points(v, n) VALUES ('[9,9]', 8);"
      "COMMIT;\n";
  const std::string read = "SELECT count(*) % 2 FROM points WHERE v MATCH '[9,9]';\n";
  const auto outcomes = Together({Repeated(write, 10), Repeated(write, 10), Repeated(read, 30)});
  for (const Outcome& outcome : outcomes) EXPECT_EQ(outcome.err, "");
  EXPECT_EQ(outcomes[2].out, Repeated("0\n", 30));
  EXPECT_EQ(Sql("SELECT count(*) FROM points WHERE v MATCH '[9,9]'"), "42\n");
  EXPECT_EQ(Sql("INSERT INTO points(points) VALUES('integrity-check')"), "");
}

TEST_F(ProcessesTest, AWriterWaitsForAnOpenTransactionUntilItsTimeout) {
  const Outcome outcome =
      Semblance({"shell", database_},
                "BEGIN IMMEDIATE; INSERT INTO points(v, n) VALUES ('[5,5]', 5);\n"
                ".system " SEMBLANCE_CLI " shell " +
                    database_ +
                    " \".timeout 100\" \"SELECT semblance_import_model('x', 'mine')\" 2>&1\n"
                    "COMMIT;\nSELECT n FROM points WHERE v MATCH '[5,5]' AND k = 1;\n");
  EXPECT_THAT(outcome.out, HasSubstr("open elsewhere"));
  EXPECT_THAT(outcome.out, HasSubstr("5\n"));
}

// They got SQLITE_BUSY, after two seconds of waiting.
TEST_F(ProcessesTest, AReaderWaitsForNobodysTransaction) {
  Sql("CREATE VIRTUAL TABLE notes USING semblance(body TEXT EMBED);"
      "INSERT INTO notes(body) VALUES ('a violin'), ('winter')");
  const std::string others =
      "SELECT length(embed('a'));SELECT count(*) FROM semblance_models;"
      "SELECT count(*) FROM semblance_runs;"
      "SELECT body FROM notes WHERE body MATCH 'music' AND k = 1;"
      "SELECT n FROM points WHERE v MATCH '[2,0]' AND k = 2";
  const Outcome outcome = Semblance(
      {"shell", database_},
      "BEGIN IMMEDIATE; INSERT INTO points(v, n) VALUES ('[5,5]', 5);\n"
      ".system " SEMBLANCE_CLI " shell " +
          database_ + " \"" + others + "\" 2>&1\n" + "COMMIT;\n.system " SEMBLANCE_CLI " shell " +
          database_ + " \"SELECT n FROM points WHERE v MATCH '[5,5]' AND k = 1\"\n");
  EXPECT_EQ(outcome.err, "");
  EXPECT_EQ(outcome.out, "1024\n1\n0\na violin\n2\n1\n5\n");
}

// Its commits come faster than it can be read anew.
TEST_F(ProcessesTest, ReadersSeeWholeCommitsOfAWriterThatNeverPauses) {
  const std::string write =
      "BEGIN IMMEDIATE; INSERT INTO points(v, n) VALUES ('[9,9]', 7), ('[9,9]', 8); COMMIT;\n";
  const std::string read = "SELECT count(*) % 2 FROM points WHERE v MATCH '[9,9]';\n";
  const auto outcomes = Together({Repeated(write, 400), Repeated(read, 40), Repeated(read, 40)});
  for (const Outcome& outcome : outcomes) EXPECT_EQ(outcome.err, "");
  EXPECT_EQ(outcomes[1].out, Repeated("0\n", 40));
  EXPECT_EQ(outcomes[2].out, Repeated("0\n", 40));
}

// An older copy of the file is put back while others live: the numbers of the commits that it does
// not know were given again, and who remembered the first ones showed their rows.
TEST_F(ProcessesTest, WhoRemembersACommitThatWasUndoneDoesNotShowIt) {
  Sql("PRAGMA journal_mode=DELETE");
  const std::string copy = database_ + ".copy";
  const auto from_another = [&](const std::string& sql) {
    return ".system " SEMBLANCE_CLI " shell " + database_ + " \"" + sql + "\"\n";
  };
  const std::string search =
      "SELECT group_concat(n, ' ') FROM (SELECT n FROM points WHERE v MATCH '[9,9]' AND k = 2);";
  const Outcome outcome = Semblance(
      {"shell", database_},
      ".system cp " + database_ + " " + copy + "\n" +
          "INSERT INTO points(v, n) VALUES ('[9,9]', 5);\n" + search + "\n" +
          // The store goes to another process, and this one remembers what it searched.
          from_another("CREATE VIRTUAL TABLE other USING semblance(v FLOAT[1])") + search +
          "\n.system cp " + copy + " " + database_ + "\n" +
          // SQLite itself tells the file from what it was by a number of commits: one more.
          from_another("CREATE TABLE more(x); INSERT INTO points(v, n) VALUES ('[9,9]', 77)") +
          search + "\n" + from_another("INSERT INTO points(points) VALUES ('integrity-check')"));
  EXPECT_EQ(outcome.err, "");
  EXPECT_EQ(outcome.out, "5 2\n5 2\n77 2\n");
}

TEST_F(ProcessesTest, ABackupIsWholeWhileOtherProcessesWrite) {
  const std::string write =
      "BEGIN IMMEDIATE; INSERT INTO points(v, n) VALUES ('[9,9]', 7), ('[9,9]', 8); COMMIT;\n";
  std::vector<Outcome> backups(6);
  std::vector<Outcome> writers;
  std::thread writing([&] { writers = Together({Repeated(write, 150), Repeated(write, 150)}); });
  for (size_t i = 0; i < backups.size(); ++i)
    backups[i] = Semblance({"backup", database_, folder_.Path("copy" + std::to_string(i))});
  writing.join();
  for (const Outcome& outcome : writers) EXPECT_EQ(outcome.err, "");
  for (size_t i = 0; i < backups.size(); ++i) {
    EXPECT_EQ(backups[i].code, 0) << backups[i].err;
    EXPECT_THAT(backups[i].out, HasSubstr("test.db is a copy of " + database_ + "\n"));
    const Outcome copy =
        Semblance({"shell", folder_.Path("copy" + std::to_string(i)) + "/test.db",
                   "SELECT count(*) % 2, count(*) >= 2 FROM points;"
                   "SELECT (SELECT count(*) FROM points WHERE v MATCH '[0,0]') = (SELECT count(*) "
                   "FROM points); INSERT INTO points(points) VALUES ('integrity-check');"
                   "PRAGMA integrity_check;"});
    EXPECT_EQ(copy.out, "0|1\n1\nok\n") << copy.err;
  }
}

}  // namespace
}  // namespace semblance::cli
