// Rows that are imported again: INSERT OR REPLACE, by rowid or by key, with the same text and with
// another.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/sql/test_connection.h"

namespace semblance::test {
namespace {

using testing::ElementsAre;

class ReplacedTexts : public testing::Test {
 protected:
  ReplacedTexts() {
    Ask("CREATE VIRTUAL TABLE n USING semblance(id TEXT PRIMARY KEY, body TEXT EMBED "
        "fts=unicode61)");
    Ask("INSERT INTO n(rowid, id, body) VALUES (1, 'a', 'A violin concerto.'), "
        "(2, 'b', 'The price of gold fell.'), (3, 'c', NULL)");
  }
  std::vector<std::string> Ask(const std::string& sql) { return connection_.Rows(sql); }
  std::vector<std::string> Nearest(const std::string& text) {
    return Ask("SELECT id, round(distance, 5) FROM n WHERE body MATCH '" + text + "' AND k = 1");
  }
  void ExpectWhole() {
    EXPECT_EQ(connection_.ErrorOf("INSERT INTO n(n) VALUES ('integrity-check')"), "");
  }

  const TempFolder folder_;
  TestConnection connection_{folder_.File("n.db")};
};

TEST_F(ReplacedTexts, KeepTheirVectorsUnderAKey) {
  Ask("INSERT OR REPLACE INTO n(id, body) VALUES ('a', 'A violin concerto.')");
  EXPECT_THAT(Nearest("A violin concerto."), ElementsAre("a|0.0"));
  EXPECT_THAT(Ask("SELECT count(*) FROM n"), ElementsAre("3"));
  EXPECT_THAT(Ask("SELECT id FROM n WHERE body MATCH hybrid('violin', 'music') AND k = 1"),
              ElementsAre("a"));
  ExpectWhole();
}

TEST_F(ReplacedTexts, KeepTheirVectorsUnderARowId) {
  Ask("BEGIN");
  for (int i = 0; i < 2; ++i) {
    Ask("INSERT OR REPLACE INTO n(rowid, id, body) VALUES (2, 'b', 'The price of gold fell.')");
    EXPECT_THAT(Nearest("The price of gold fell."), ElementsAre("b|0.0"));
  }
  Ask("COMMIT");
  EXPECT_THAT(Nearest("The price of gold fell."), ElementsAre("b|0.0"));
  ExpectWhole();
}

TEST_F(ReplacedTexts, GetOthersWithAnotherText) {
  Ask("INSERT OR REPLACE INTO n(id, body) VALUES ('a', 'Two dogs run.'), ('c', 'A violin "
      "concerto.')");
  EXPECT_THAT(Nearest("A violin concerto."), ElementsAre("c|0.0"));
  EXPECT_THAT(Nearest("Two dogs run."), ElementsAre("a|0.0"));
  Ask("INSERT OR REPLACE INTO n(id, body) VALUES ('c', NULL)");
  EXPECT_THAT(Ask("SELECT id FROM n WHERE body MATCH 'violin' AND k = 9 ORDER BY id"),
              ElementsAre("a", "b"));
  ExpectWhole();
}

TEST_F(ReplacedTexts, ComeBackWithARollback) {
  Ask("BEGIN");
  Ask("SAVEPOINT s");
  Ask("INSERT OR REPLACE INTO n(id, body) VALUES ('a', 'Two dogs run.')");
  Ask("INSERT OR REPLACE INTO n(id, body) VALUES ('a', 'Two dogs run.')");
  Ask("ROLLBACK TO s");
  Ask("INSERT OR REPLACE INTO n(id, body) VALUES ('a', 'A violin concerto.')");
  Ask("COMMIT");
  EXPECT_THAT(Nearest("A violin concerto."), ElementsAre("a|0.0"));
  ExpectWhole();
}

}  // namespace
}  // namespace semblance::test
