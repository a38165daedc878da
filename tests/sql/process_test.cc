// What bites a library inside of somebody's process, and in what its functions promise;
// docs/sqlite.md lists the traps.

#include <dlfcn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>

#include "tests/sql/points.h"

namespace semblance::test {
namespace {

using testing::HasSubstr;

class Process : public Points {};

// Runs `child` in a child of fork(), and gives how it ended; -1: it did not in time.
template <typename Child>
int StatusOfChild(Child child) {
  const pid_t process = fork();
  if (process == 0) child();
  int status = 0;
  for (int i = 0; i < 400; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    if (waitpid(process, &status, WNOHANG) == process) {
      return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
  }
  kill(process, SIGKILL);
  return -1;
}

// Ends with 0 if a child that embeds, and leaves by exit() and all that it runs, ends in time.
[[noreturn]] void ForkAndEnd() {
  TestConnection connection(":memory:");
  const std::string before = connection.Value("SELECT hex(embed('a violin'))");
  const int status = StatusOfChild([&] {
    const std::string after =
        connection.Value("SELECT hex(embed('a violin')) || hex(embed('a plate of pasta'))");
    std::exit(after.substr(0, before.size()) == before ? 7 : 1);
  });
  std::_Exit(status == 7 ? 0 : 1);
}

// The parent has searched and written when the child is made, and goes on.
[[noreturn]] void ForkWithADatabase(const std::string& file) {
  TestConnection parent(file);
  parent.Rows(
      "CREATE VIRTUAL TABLE t USING semblance(v FLOAT[2] distance_metric=l2);"
      "INSERT INTO t(rowid, v) VALUES (1, '[1,0]'), (2, '[2,0]')");
  const std::string search = "SELECT rowid FROM t WHERE v MATCH '[2,0]' AND k = 1";
  if (parent.Value(search) != "2") std::_Exit(20);
  const int status = StatusOfChild([&] {
    const auto has = [](const std::string& text, const char* part) {
      return text.find(part) != std::string::npos;
    };
    // Of the parent's connection, not even what closing it would touch may be touched.
    if (!has(parent.ErrorOf(search), "E_FORK: this connection was opened by")) std::_Exit(1);
    if (!has(parent.ErrorOf("SELECT embed('a')"), "E_FORK")) std::_Exit(2);
    TestConnection own(file);
    if (own.Value(search) != "2") std::_Exit(3);
    if (own.Value("SELECT count(*) FROM semblance_models") != "1") std::_Exit(4);
    if (!has(own.ErrorOf("INSERT INTO t(rowid, v) VALUES (3, '[3,0]')"), "E_FORK")) std::_Exit(5);
    if (own.Value(search) != "2") std::_Exit(6);
    std::_Exit(0);
  });
  parent.Rows("INSERT INTO t(rowid, v) VALUES (4, '[2,0]'); DELETE FROM t WHERE rowid = 2");
  if (parent.Value(search) != "4") std::_Exit(21);
  if (!parent.ErrorOf("INSERT INTO t(t) VALUES ('integrity-check')").empty()) std::_Exit(22);
  std::_Exit(status);
}

// No database is open in it: SQLite forbids to take one through fork(). A process of its own,
// because RocksDB keeps a thread from the first database on.
TEST(ProcessThatForks, HasAChildThatEnds) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(ForkAndEnd(), testing::ExitedWithCode(0), "");
}

// A second copy of the file: the first is in use by other tests' connections. The threads that it
// began are there until the process ends.
TEST_F(Process, TheExtensionStaysLoadedWhenItsLastConnectionIsClosed) {
  const std::string copy = folder_.File("semblance.so");
  std::filesystem::copy_file(SEMBLANCE_EXTENSION, copy);
  {
    TestConnection connection(":memory:", copy);
    EXPECT_EQ(connection.Value("SELECT vec_length(embed('a violin'))"), "256");
  }
  void* const still = dlopen(copy.c_str(), RTLD_NOLOAD | RTLD_LAZY);
  EXPECT_NE(still, nullptr);
  if (still != nullptr) dlclose(still);
}

// The numbers are those of the step that went wrong.
TEST(ProcessThatForks, HasAChildThatSearchesByAConnectionOfItsOwn) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const TempFolder folder;
  EXPECT_EXIT(ForkWithADatabase(folder.File("forked.db")), testing::ExitedWithCode(0), "");
}

TEST_F(Process, NothingIsThrownAtTheHost) {
  Ask("CREATE VIRTUAL TABLE none USING semblance(v FLOAT[3])");
  EXPECT_EQ(Ask("SELECT rowid FROM none('[1,2,3]', 5)"), (Rows{}));
  Ask("INSERT INTO none(none) VALUES ('optimize'); INSERT INTO none(none) VALUES ('rebuild')");
  EXPECT_EQ(Ask("SELECT rowid FROM none('[1,2,3]', 5)"), (Rows{}));
  Ask("INSERT INTO none(v) VALUES (NULL)");
  EXPECT_EQ(Ask("SELECT rowid FROM none('[1,2,3]', 5)"), (Rows{}));
  sqlite3_limit(connection_.db(), SQLITE_LIMIT_LENGTH, 20000);
  EXPECT_NE(ErrorOf("SELECT vec_f32('[' || substr(replace(hex(zeroblob(9000)), '0', '1,'), 1, "
                    "16383) || ']')"),
            "");
}

// A model's name means another model tomorrow: nothing may be kept that was computed by it.
TEST_F(Process, EmbedIsNotOneOfTheFunctionsThatNeverChange) {
  Ask("CREATE TABLE texts(body TEXT)");
  EXPECT_THAT(ErrorOf("CREATE INDEX i ON texts(embed(body))"), HasSubstr("non-deterministic"));
  Ask("CREATE INDEX j ON texts(vec_length(body))");
}

TEST_F(Process, WhatReadsFilesOrTrainsIsNotForViewsAndTriggers) {
  for (const char* use :
       {"semblance_export_model('default', 'x')", "semblance_import_model('x', 'y')",
        "semblance_whiten('default', 'x', 'y')", "semblance_info()",
        "semblance_model_precision('default', 'int8')",
        "semblance_measure_precision('default', 'SELECT a, b, score FROM dev')"}) {
    Ask(std::string("CREATE VIEW w AS SELECT ") + use + " AS x");
    EXPECT_THAT(ErrorOf("SELECT x FROM w"), HasSubstr("unsafe use of")) << use;
    Ask("DROP VIEW w");
  }
  Ask("CREATE VIEW w AS SELECT * FROM semblance_train('SELECT name FROM p', '{\"name\":\"m\"}')");
  EXPECT_THAT(ErrorOf("SELECT * FROM w"), HasSubstr("unsafe use of virtual table"));
}

TEST_F(Process, VectorFunctionsMeanWhatOthersMeanByTheNames) {
  EXPECT_EQ(Ask("SELECT vec_distance_l2('[0,0]', '[3,4]'), vec_distance_cosine('[1,0]', '[0,2]'), "
                "vec_length(x'0000803f00000040'), vec_to_json(vec_f32('[1,2]'))"),
            (Rows{"5.0|1.0|2|[1,2]"}));
  EXPECT_EQ(Ask("SELECT vec_f32('[1,2]') = x'0000803f00000040'"), (Rows{"1"}));
  unsigned subtype = 0;
  sqlite3_create_function(
      connection_.db(), "subtype_of", 1, SQLITE_UTF8, &subtype,
      [](sqlite3_context* context, int, sqlite3_value** values) {
        *static_cast<unsigned*>(sqlite3_user_data(context)) = sqlite3_value_subtype(values[0]);
      },
      nullptr, nullptr);
  for (const char* vector :
       {"vec_f32('[1,2]')", "embed('a violin')", "(SELECT v FROM p LIMIT 1)"}) {
    subtype = 0;
    Ask(std::string("SELECT subtype_of(") + vector + ")");
    EXPECT_EQ(subtype, 223u) << vector;
  }
}

TEST_F(Process, AVectorThatCannotBeIsRefusedByColumn) {
  const std::pair<const char*, const char*> cases[] = {
      {"'[1,2,3]'", "column v of table p holds vectors of 2 numbers, and this one has 3"},
      {"x'0000c07f0000803f'",
       "column v of table p: expected finite numbers, received a vector whose element 0 is NaN"},
      {"x'0000803f0000807f'", "element 1 is infinite"},
      {"'[1,1e39]'", "too large for a 32-bit float"},
      {"x'0000'", "a BLOB of 2 bytes"},
      {"7", "the INTEGER 7"}};
  for (const auto& [vector, message] : cases) {
    EXPECT_THAT(ErrorOf(std::string("INSERT INTO p(v) VALUES (") + vector + ")"),
                HasSubstr(message));
    EXPECT_NE(ErrorOf(std::string("SELECT rowid FROM p WHERE k = 1 AND v MATCH ") + vector), "")
        << vector;
  }
  Ask("CREATE VIRTUAL TABLE c USING semblance(v FLOAT[2])");
  EXPECT_THAT(ErrorOf("INSERT INTO c(v) VALUES ('[0,0]')"),
              HasSubstr("column v of table c: a zero vector"));
}

// The same vector in a segment, in the tail and uncommitted.
TEST_F(Process, TheSameVectorHasTheSameDistanceWhereverItLies) {
  for (const char* metric : {"cosine", "l2", "ip"}) {
    Ask(std::string("CREATE VIRTUAL TABLE t USING semblance(v FLOAT[7], distance_metric=") +
        metric + ")");
    Ask("CREATE TABLE vectors(id INTEGER PRIMARY KEY, v);"
        "WITH RECURSIVE i(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM i WHERE x < 30)"
        "INSERT INTO vectors SELECT x, '[' || (x * 7919 % 97) || '.1,' || (x * 31 % 89) || "
        "'.7,3.3,' || x ||"
        " ',0.9,-4,' || (x % 5) || ']' FROM i");
    Ask("INSERT INTO t(rowid, v) SELECT id * 3 + 1, v FROM vectors; INSERT INTO t(t) VALUES "
        "('optimize')");
    Ask("INSERT INTO t(rowid, v) SELECT id * 3, v FROM vectors");
    Ask("BEGIN; INSERT INTO t(rowid, v) SELECT id * 3 + 2, v FROM vectors");
    EXPECT_EQ(Ask("SELECT count(*), count(DISTINCT distance) FROM t WHERE v MATCH "
                  "'[1,2.5,3,4,-5,6,0.7]'"),
              (Rows{"90|30"}))
        << metric;
    EXPECT_EQ(Ask("WITH near AS (SELECT rowid AS id, row_number() OVER () - 1 AS place "
                  "FROM t WHERE v MATCH '[1,2.5,3,4,-5,6,0.7]') SELECT count(*) FROM near WHERE id "
                  "% 3 = place % 3"),
              (Rows{"90"}))
        << metric;
    Ask("COMMIT; INSERT INTO t(t) VALUES ('optimize')");
    EXPECT_EQ(Ask("SELECT count(*), count(DISTINCT distance) FROM t WHERE v MATCH "
                  "'[1,2.5,3,4,-5,6,0.7]'"),
              (Rows{"90|30"}));
    Ask("DROP TABLE t; DROP TABLE vectors");
  }
}

TEST_F(Process, AConstantVectorIsReadOnceAStatement) {
  Ask("CREATE TEMP TABLE long AS SELECT '[' || group_concat(x, ',') || ']' AS v FROM "
      "(WITH RECURSIVE i(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM i WHERE x < 8192) SELECT x / "
      "7.0 AS x FROM i)");
  const std::string json = Ask("SELECT v FROM long")[0];
  const auto seconds = [&](const std::string& vector) {
    const auto start = std::chrono::steady_clock::now();
    Ask("WITH RECURSIVE i(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM i WHERE x < 200) "
        "SELECT sum(vec_distance_l2(zeroblob(32768 + 0 * x), " +
        vector + ")) FROM i");
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  };
  const double anew = seconds("'" + json + "' || substr(' ', 1, x % 2)");
  EXPECT_LT(seconds("'" + json + "'"), anew / 3);
}

}  // namespace
}  // namespace semblance::test
