// A table of a hundred points on a line, for tests of one statement each.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/sql/test_connection.h"

namespace semblance::test {

using Rows = std::vector<std::string>;

// p: row x + 1 lies at x, under l2; name is odd or even, n the last digit, u the same without a
// type.
class Points : public testing::Test {
 protected:
  Points() : connection_(folder_.File("points.db")) {
    connection_.Rows(
        "CREATE VIRTUAL TABLE p USING semblance(v FLOAT[2] distance_metric=l2, name TEXT, n "
        "INTEGER, u, "
        "+extra TEXT);"
        "WITH RECURSIVE i(x) AS (SELECT 0 UNION ALL SELECT x + 1 FROM i WHERE x < 99)"
        "INSERT INTO p(rowid, v, name, n, u, extra) SELECT x + 1, '[' || x || ',0]',"
        "  CASE WHEN x % 2 THEN 'odd' ELSE 'even' END, x % 10, x % 10, 'e' || x FROM i;"
        "CREATE TABLE q(id INTEGER PRIMARY KEY, at TEXT, how INTEGER);"
        "INSERT INTO q VALUES (1, '[3,0]', 1), (2, '[70,0]', 2);"
        "CREATE TABLE owner(row INTEGER PRIMARY KEY, who TEXT UNIQUE);"
        "INSERT INTO owner VALUES (5, 'eve'), (30, 'fay'), (11, 'gil');");
  }

  Rows Ask(const std::string& sql) { return connection_.Rows(sql); }
  std::string ErrorOf(const std::string& sql) { return connection_.ErrorOf(sql); }
  std::string Plan(const std::string& sql) {
    std::string plan;
    for (const std::string& row : Ask("EXPLAIN QUERY PLAN " + sql))
      plan += row.substr(row.rfind('|') + 1) + "\n";
    return plan;
  }

  TempFolder folder_;
  TestConnection connection_;
};

}  // namespace semblance::test
