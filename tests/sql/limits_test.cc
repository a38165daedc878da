// docs/reference/limits.md, line by line: what is at the limit works, what is beyond is refused as
// it says. Rows of a table: tests/engine/collection_test.cc.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/sql/points.h"

namespace semblance::test {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

// '[0.5,0.5,…]' of so many numbers, as SQL.
std::string Numbers(int count) {
  return "(SELECT '[' || group_concat('0.5') || ']' FROM (WITH RECURSIVE i(x) AS (SELECT 1 UNION "
         "ALL SELECT x + 1 FROM i WHERE x < " +
         std::to_string(count) + ") SELECT x FROM i))";
}

class Limits : public Points {};

TEST_F(Limits, NumbersOfAVector) {
  Ask("CREATE VIRTUAL TABLE wide USING semblance(v FLOAT[8192])");
  Ask("INSERT INTO wide(v) VALUES (" + Numbers(8192) + ")");
  EXPECT_EQ(Ask("SELECT rowid FROM wide WHERE k = 1 AND v MATCH " + Numbers(8192)), (Rows{"1"}));
  EXPECT_EQ(Ask("SELECT vec_length(" + Numbers(8192) + ")"), (Rows{"8192"}));
  EXPECT_THAT(ErrorOf("SELECT vec_length(" + Numbers(8193) + ")"),
              StartsWith("semblance: E_VECTOR: "));
  EXPECT_THAT(ErrorOf("SELECT vec_length(zeroblob(4 * 8193))"),
              StartsWith("semblance: E_VECTOR: "));
  EXPECT_THAT(ErrorOf("INSERT INTO wide(v) VALUES (" + Numbers(8193) + ")"),
              StartsWith("semblance: E_VECTOR: "));
  EXPECT_THAT(ErrorOf("CREATE VIRTUAL TABLE wider USING semblance(v FLOAT[8193])"),
              StartsWith("semblance: E_OPTION: "));
}

TEST_F(Limits, KAndEf) {
  EXPECT_EQ(Ask("SELECT count(*) FROM p WHERE v MATCH '[0,0]' AND k = 10000 AND ef = 10000"),
            (Rows{"100"}));
  for (const char* beyond : {"k = 10001", "k = 1 AND ef = 10001", "k = -1"}) {
    EXPECT_THAT(ErrorOf(std::string("SELECT rowid FROM p WHERE v MATCH '[0,0]' AND ") + beyond),
                StartsWith("semblance: E_QUERY: "))
        << beyond;
  }
  EXPECT_THAT(ErrorOf("CREATE VIRTUAL TABLE t USING semblance(v FLOAT[2], ef=10001)"),
              StartsWith("semblance: E_OPTION: "));
}

TEST_F(Limits, ATextAndABlob) {
  Ask("CREATE VIRTUAL TABLE notes USING semblance(body TEXT EMBED, extra)");
  Ask("INSERT INTO notes(body, extra) VALUES (replace(hex(zeroblob(1500000)), '00', 'violin '), "
      "zeroblob(3000000))");
  EXPECT_EQ(Ask("SELECT length(body), length(extra) FROM notes WHERE body MATCH 'music' AND k = 1"),
            (Rows{"10500000|3000000"}));
  sqlite3_limit(connection_.db(), SQLITE_LIMIT_LENGTH, 20000);
  for (const char* value : {"hex(zeroblob(10001))", "zeroblob(20001)"}) {
    try {
      Ask(std::string("INSERT INTO notes(extra) VALUES (") + value + ")");
      ADD_FAILURE() << value;
    } catch (const SqlError& error) {
      EXPECT_EQ(error.code(), SQLITE_TOOBIG);
    }
  }
}

TEST_F(Limits, Columns) {
  const auto table_of = [](int columns) {
    std::string sql = "CREATE VIRTUAL TABLE t USING semblance(v FLOAT[1]";
    for (int i = 1; i < columns; ++i) sql += ", c" + std::to_string(i) + " INTEGER";
    return sql + ")";
  };
  EXPECT_THAT(ErrorOf(table_of(2001)), HasSubstr("too many columns"));
  Ask(table_of(1900));
  Ask("INSERT INTO t(v, c1899) VALUES ('[1]', 7)");
  EXPECT_EQ(Ask("SELECT c1899 FROM t WHERE v MATCH '[1]' AND k = 1 AND c1899 = 7"), (Rows{"7"}));
}

TEST_F(Limits, TheNameOfAModel) {
  const std::string folder = folder_.File("model");
  Ask("SELECT semblance_export_model('default', '" + folder + "')");
  const auto import = [&](size_t letters) {
    return "SELECT length(semblance_import_model('" + folder + "', '" + std::string(letters, 'm') +
           "'))";
  };
  EXPECT_EQ(Ask(import(100)), (Rows{"16"}));
  EXPECT_THAT(ErrorOf(import(101)), StartsWith("semblance: E_ARGUMENT: "));
}

TEST_F(Limits, GroupsOfClusters) {
  EXPECT_EQ(Ask("SELECT count(DISTINCT cluster) <= 100 FROM semblance_clusters('p', 10000)"),
            (Rows{"1"}));
  EXPECT_THAT(ErrorOf("SELECT * FROM semblance_clusters('p', 10001)"),
              StartsWith("semblance: E_ARGUMENT: "));
}

TEST_F(Limits, RowIds) {
  Ask("INSERT INTO p(rowid, v) VALUES (9223372036854775807, '[1000,0]'), (-9223372036854775808, "
      "'[1001,0]')");
  EXPECT_EQ(Ask("SELECT rowid FROM p('[1000,0]', 2)"),
            (Rows{"9223372036854775807", "-9223372036854775808"}));
}

}  // namespace
}  // namespace semblance::test
