// A parameter of any type, compared with a column of any type: what a search lets through is what
// an ordinary table of the same types lets through.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/sql/test_connection.h"

namespace semblance::test {
namespace {

using Rows = std::vector<std::string>;

// What is stored, and what is bound. As SQL that binds them: a sub-select would have an affinity.
struct Bound {
  enum class Type { kText, kInteger, kReal, kBlob, kNull } type;
  std::string text;
  double number = 0;
};
void PrintTo(const Bound& bound, std::ostream* out) {
  *out << static_cast<int>(bound.type) << ":" << bound.text << bound.number;
}

const Bound kValues[] = {{Bound::Type::kText, "2020"},   {Bound::Type::kText, "2020.0"},
                         {Bound::Type::kText, "05"},     {Bound::Type::kText, "5"},
                         {Bound::Type::kText, " 5"},     {Bound::Type::kText, "5e0"},
                         {Bound::Type::kText, "five"},   {Bound::Type::kText, ""},
                         {Bound::Type::kInteger, "", 5}, {Bound::Type::kInteger, "", 2020},
                         {Bound::Type::kReal, "", 5.0},  {Bound::Type::kReal, "", 2020.0},
                         {Bound::Type::kReal, "", 5.5},  {Bound::Type::kBlob, "5"},
                         {Bound::Type::kNull, ""}};
const char* const kColumns[] = {"te", "i", "re", "nu", "bo", "bl", "no", "pk"};

class BoundValues : public testing::Test {
 protected:
  BoundValues() : connection_(folder_.File("bound.db")) {
    const std::string columns =
        "te TEXT, i INTEGER, re REAL, nu NUMERIC, bo BOOLEAN, bl BLOB, no, pk TEXT PARTITION KEY";
    connection_.Rows("CREATE VIRTUAL TABLE t USING semblance(v FLOAT[1] distance_metric=l2, " +
                     columns +
                     ");"
                     "CREATE TABLE o(id INTEGER PRIMARY KEY, te TEXT, i INTEGER, re REAL, "
                     "nu NUMERIC, bo BOOLEAN, bl BLOB, no, pk TEXT)");
    int row = 0;
    for (const Bound& value : kValues) {
      ++row;
      // Far rows first, so that a cut at k is not by rowid.
      const std::string vector = "'[" + std::to_string(100 - row) + "]'";
      Ask("INSERT INTO t(rowid, v, te, i, re, nu, bo, bl, no, pk) VALUES (" + std::to_string(row) +
              ", " + vector + ", ?1, ?1, ?1, ?1, ?1, ?1, ?1, ?1)",
          value);
      Ask("INSERT INTO o VALUES (" + std::to_string(row) + ", ?1, ?1, ?1, ?1, ?1, ?1, ?1, ?1)",
          value);
    }
  }

  Rows Ask(const std::string& sql, const Bound& bound, const Bound& second = kValues[0]) {
    sqlite3_stmt* statement = nullptr;
    EXPECT_EQ(sqlite3_prepare_v2(connection_.db(), sql.c_str(), -1, &statement, nullptr), SQLITE_OK)
        << sql << sqlite3_errmsg(connection_.db());
    Bind(statement, 1, bound);
    if (sqlite3_bind_parameter_count(statement) > 1) Bind(statement, 2, second);
    Rows rows;
    int code;
    while ((code = sqlite3_step(statement)) == SQLITE_ROW)
      rows.emplace_back(reinterpret_cast<const char*>(sqlite3_column_text(statement, 0)));
    EXPECT_EQ(code, SQLITE_DONE) << sql << sqlite3_errmsg(connection_.db());
    sqlite3_finalize(statement);
    return rows;
  }
  static void Bind(sqlite3_stmt* statement, int place, const Bound& bound) {
    const auto size = static_cast<int>(bound.text.size());
    switch (bound.type) {
      case Bound::Type::kText:
        sqlite3_bind_text(statement, place, bound.text.c_str(), size, SQLITE_TRANSIENT);
        break;
      case Bound::Type::kInteger:
        sqlite3_bind_int64(statement, place, static_cast<int64_t>(bound.number));
        break;
      case Bound::Type::kReal:
        sqlite3_bind_double(statement, place, bound.number);
        break;
      case Bound::Type::kBlob:
        sqlite3_bind_blob(statement, place, bound.text.data(), size, SQLITE_TRANSIENT);
        break;
      case Bound::Type::kNull:
        break;
    }
  }
  // The rows of the condition, those of a search among them, and its nearest two.
  void Check(const std::string& condition, const Bound& bound, const Bound& second = kValues[0]) {
    const std::string plain = "SELECT id FROM o WHERE " + condition + " ORDER BY id DESC";
    const Rows all = Ask(plain, bound, second);
    const std::string search = "SELECT rowid FROM t WHERE v MATCH '[0]' AND " + condition;
    EXPECT_EQ(Ask("SELECT rowid FROM t WHERE " + condition + " ORDER BY rowid DESC", bound, second),
              all)
        << condition << " " << testing::PrintToString(bound);
    EXPECT_EQ(Ask(search, bound, second), all) << condition << " " << testing::PrintToString(bound);
    EXPECT_EQ(Ask(search + " AND k = 100", bound, second), all)
        << condition << " " << testing::PrintToString(bound);
    for (const char* counted : {" AND k = 2", " LIMIT 2"}) {
      EXPECT_EQ(Ask(search + counted, bound, second), Ask(plain + " LIMIT 2", bound, second))
          << condition << counted << " " << testing::PrintToString(bound);
    }
  }

  TempFolder folder_;
  TestConnection connection_;
};

TEST_F(BoundValues, AreStoredAsInAnOrdinaryTable) {
  for (const char* column : kColumns) {
    const std::string value = std::string("quote(") + column + ") || typeof(" + column + ")";
    EXPECT_EQ(connection_.Rows("SELECT " + value + " FROM t ORDER BY rowid"),
              connection_.Rows("SELECT " + value + " FROM o ORDER BY id"))
        << column;
  }
}

TEST_F(BoundValues, CompareAsWithAnOrdinaryTable) {
  for (const char* column : kColumns) {
    for (const Bound& bound : kValues) {
      for (const char* operation :
           {"= ?1", "<> ?1", "< ?1", "<= ?1", "> ?1", ">= ?1", "IS ?1", "IS NOT ?1", "LIKE ?1",
            "GLOB ?1", "IN (?1)", "= ?1 COLLATE NOCASE", "= +?1", "BETWEEN ?1 AND '6'"})
        Check(std::string(column) + " " + operation, bound);
      Check("?1 >= " + std::string(column), bound);
    }
  }
}

TEST_F(BoundValues, TwoOfThemCompareAsWithAnOrdinaryTable) {
  for (const char* column : kColumns) {
    for (const Bound& first : kValues) {
      for (const Bound& second : kValues) {
        Check(std::string(column) + " IN (?1, ?2)", first, second);
        Check(std::string(column) + " BETWEEN ?1 AND ?2", first, second);
      }
    }
  }
}

TEST_F(BoundValues, NameARowidAsWithAnOrdinaryTable) {
  for (const Bound& bound : kValues) {
    for (const char* operation : {"= ?1", "<> ?1", "< ?1", ">= ?1", "IN (?1, 3)"})
      Check(std::string("rowid ") + operation, bound);
  }
}

}  // namespace
}  // namespace semblance::test
