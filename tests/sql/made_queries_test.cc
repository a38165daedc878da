// BLOBs of similar_to() and hybrid() that somebody changed: they are refused, or they are another
// query, and nothing is read outside of them.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/sql/test_connection.h"

namespace semblance::test {
namespace {

class MadeQueries : public testing::Test {
 protected:
  MadeQueries() : connection_(folder_.File("made.db")) {
    connection_.Rows(
        "CREATE VIRTUAL TABLE notes USING semblance(body TEXT EMBED fts=unicode61);"
        "INSERT INTO notes(rowid, body) VALUES (1, 'a violin'), (2, 'a plate of pasta')");
  }

  std::string Bytes(const std::string& made) {
    sqlite3_stmt* statement = nullptr;
    sqlite3_prepare_v2(connection_.db(), ("SELECT " + made).c_str(), -1, &statement, nullptr);
    EXPECT_EQ(sqlite3_step(statement), SQLITE_ROW);
    const std::string bytes(static_cast<const char*>(sqlite3_column_blob(statement, 0)),
                            static_cast<size_t>(sqlite3_column_bytes(statement, 0)));
    sqlite3_finalize(statement);
    return bytes;
  }
  // How a search by these bytes ends.
  int Search(const std::string& bytes) {
    sqlite3_stmt* statement = nullptr;
    sqlite3_prepare_v2(connection_.db(), "SELECT rowid FROM notes WHERE body MATCH ?1 AND k = 2",
                       -1, &statement, nullptr);
    sqlite3_bind_blob(statement, 1, bytes.data(), static_cast<int>(bytes.size()), SQLITE_TRANSIENT);
    int code = SQLITE_ROW;
    while (code == SQLITE_ROW) code = sqlite3_step(statement);
    sqlite3_finalize(statement);
    return code;
  }

  TempFolder folder_;
  TestConnection connection_;
  const std::vector<std::string> made_ = {
      "similar_to(1, 'music', vec_f32('[1,2]'), unlike(2, 'food'))",
      "hybrid('violin', 'music', 0.3)", "hybrid('violin', similar_to(1, unlike('food')))"};
};

TEST_F(MadeQueries, AreWholeOrRefused) {
  for (const std::string& made : made_) {
    const std::string bytes = Bytes(made);
    for (size_t size = 0; size < bytes.size(); ++size) {
      const int code = Search(bytes.substr(0, size));
      // Zeros at the end say nothing.
      if (bytes.find_first_not_of('\0', size) != std::string::npos) {
        EXPECT_EQ(code, SQLITE_ERROR);
      }
    }
    EXPECT_EQ(Search(bytes + std::string(4, 'x')), SQLITE_ERROR);
  }
}

TEST_F(MadeQueries, ThatWereChangedAreAnErrorOrAnotherQuery) {
  for (const std::string& made : made_) {
    const std::string bytes = Bytes(made);
    for (size_t at = 0; at < bytes.size(); ++at) {
      for (const int bit : {0x01, 0x10, 0x80, 0xff}) {
        std::string changed = bytes;
        changed[at] = static_cast<char>(changed[at] ^ bit);
        const int code = Search(changed);
        EXPECT_TRUE(code == SQLITE_DONE || code == SQLITE_ERROR)
            << made << " byte " << at << ": " << code;
      }
    }
  }
  EXPECT_EQ(connection_.Value("SELECT rowid FROM notes WHERE body MATCH similar_to(1) AND k = 1"),
            "2");
}

}  // namespace
}  // namespace semblance::test
