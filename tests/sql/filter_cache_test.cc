// Conditions beside MATCH whose rows are kept for the next search: each change of the rows, of
// whoever made it, is seen by the next search.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <string>
#include <vector>

#include "tests/sql/test_connection.h"

namespace semblance::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class KeptConditions : public ::testing::Test {
 protected:
  KeptConditions() : file_(folder_.File("kept.db")), db_(file_) {
    db_.Rows("PRAGMA journal_mode = wal");
    db_.Rows("CREATE VIRTUAL TABLE p USING semblance(v FLOAT[2] distance_metric=l2, n INTEGER)");
    db_.Rows(
        "INSERT INTO p(rowid, v, n) VALUES (1, '[1,0]', 0), (2, '[2,0]', 1), (3, '[3,0]', 0), "
        "(4, '[4,0]', 1)");
  }
  // Asked by one statement text with one value each time, as a program does.
  std::vector<std::string> Odd(TestConnection* connection = nullptr) {
    return (connection ? *connection : db_)
        .Rows("SELECT rowid FROM p WHERE v MATCH '[0,0]' AND k = 9 AND n = 1");
  }

  const TempFolder folder_;
  const std::string file_;
  TestConnection db_;
};

TEST_F(KeptConditions, AnswerAgainWithAnotherQuery) {
  EXPECT_THAT(Odd(), ElementsAre("2", "4"));
  EXPECT_THAT(Odd(), ElementsAre("2", "4"));
  EXPECT_THAT(db_.Rows("SELECT rowid FROM p WHERE v MATCH '[9,0]' AND k = 9 AND n = 1"),
              ElementsAre("4", "2"));
  EXPECT_THAT(db_.Rows("SELECT rowid FROM p WHERE v MATCH '[9,0]' AND k = 9 AND n = 0"),
              ElementsAre("3", "1"));
}

TEST_F(KeptConditions, SeeAnInsertAnUpdateAndADelete) {
  EXPECT_THAT(Odd(), ElementsAre("2", "4"));
  db_.Rows("INSERT INTO p(rowid, v, n) VALUES (5, '[5,0]', 1)");
  EXPECT_THAT(Odd(), ElementsAre("2", "4", "5"));
  db_.Rows("UPDATE p SET n = 1 WHERE rowid = 3");
  EXPECT_THAT(Odd(), ElementsAre("2", "3", "4", "5"));
  db_.Rows("DELETE FROM p WHERE rowid = 2");
  EXPECT_THAT(Odd(), ElementsAre("3", "4", "5"));
  db_.Rows("DELETE FROM p");
  EXPECT_THAT(Odd(), IsEmpty());
}

TEST_F(KeptConditions, SeeATransactionsOwnRowsAndNotThoseOfARolledBackOne) {
  EXPECT_THAT(Odd(), ElementsAre("2", "4"));
  db_.Rows("BEGIN");
  EXPECT_THAT(Odd(), ElementsAre("2", "4"));
  db_.Rows("UPDATE p SET n = 1");
  EXPECT_THAT(Odd(), ElementsAre("1", "2", "3", "4"));
  db_.Rows("SAVEPOINT s");
  db_.Rows("UPDATE p SET n = 0 WHERE rowid < 3");
  EXPECT_THAT(Odd(), ElementsAre("3", "4"));
  db_.Rows("ROLLBACK TO s");
  EXPECT_THAT(Odd(), ElementsAre("1", "2", "3", "4"));
  db_.Rows("ROLLBACK");
  EXPECT_THAT(Odd(), ElementsAre("2", "4"));
}

TEST_F(KeptConditions, SeeTheCommitsOfAnotherConnection) {
  TestConnection other(file_);
  EXPECT_THAT(Odd(), ElementsAre("2", "4"));
  other.Rows("UPDATE p SET n = 1 WHERE rowid = 1");
  EXPECT_THAT(Odd(), ElementsAre("1", "2", "4"));
  EXPECT_THAT(Odd(&other), ElementsAre("1", "2", "4"));
}

TEST_F(KeptConditions, StayThoseOfAReadTransactionUntilItEnds) {
  TestConnection other(file_);
  db_.Rows("BEGIN");
  EXPECT_THAT(Odd(), ElementsAre("2", "4"));
  other.Rows("DELETE FROM p WHERE rowid = 2");
  EXPECT_THAT(Odd(), ElementsAre("2", "4"));
  db_.Rows("COMMIT");
  EXPECT_THAT(Odd(), ElementsAre("4"));
}

TEST_F(KeptConditions, SeeWhatAnotherConnectionOfASharedCacheWrote) {
  const std::string shared = "file:" + file_ + "?cache=shared";
  TestConnection first(shared), second(shared);
  EXPECT_THAT(Odd(&first), ElementsAre("2", "4"));
  second.Rows("UPDATE p SET n = 1 WHERE rowid = 3");
  EXPECT_THAT(Odd(&first), ElementsAre("2", "3", "4"));
}

TEST_F(KeptConditions, SeeRowsWrittenIntoTheContentByHand) {
  EXPECT_THAT(Odd(), ElementsAre("2", "4"));
  db_.Rows("UPDATE p_content SET c0 = 1 WHERE rowid = 1");
  EXPECT_THAT(Odd(), ElementsAre("1", "2", "4"));
}

TEST_F(KeptConditions, TellValuesOfDifferentTypesApart) {
  db_.Rows("CREATE VIRTUAL TABLE q USING semblance(v FLOAT[2] distance_metric=l2, t)");
  db_.Rows(
      "INSERT INTO q(rowid, v, t) VALUES (1, '[1,0]', 1), (2, '[2,0]', '1'), (3, '[3,0]', x'31'), "
      "(4, '[4,0]', NULL)");
  const std::string ask = "SELECT rowid FROM q WHERE v MATCH '[0,0]' AND k = 9 AND t IS ";
  for (int again = 0; again < 2; ++again) {
    EXPECT_THAT(db_.Rows(ask + "1"), ElementsAre("1"));
    EXPECT_THAT(db_.Rows(ask + "'1'"), ElementsAre("2"));
    EXPECT_THAT(db_.Rows(ask + "x'31'"), ElementsAre("3"));
    EXPECT_THAT(db_.Rows(ask + "NULL"), ElementsAre("4"));
  }
}

// How many statements looked at the whole content while `sql` ran, not at one row of it.
class ContentStatements {
 public:
  explicit ContentStatements(TestConnection* connection) : connection_(*connection) {
    sqlite3_trace_v2(connection_.db(), SQLITE_TRACE_STMT, &Note, this);
  }
  ~ContentStatements() { sqlite3_trace_v2(connection_.db(), 0, nullptr, nullptr); }
  int In(const std::string& sql) {
    count_ = 0;
    connection_.Rows(sql);
    return count_;
  }

 private:
  static int Note(unsigned, void* self, void* statement, void*) {
    const char* const sql = sqlite3_sql(static_cast<sqlite3_stmt*>(statement));
    auto* const own = static_cast<ContentStatements*>(self);
    const std::string text = sql == nullptr ? "" : sql;
    own->count_ += text.find("p_content") != std::string::npos &&
                   text.find("id\" = ?1") == std::string::npos &&
                   text.find("id = ?1") == std::string::npos;
    return 0;
  }
  TestConnection& connection_;
  int count_ = 0;
};

std::string Ask(const std::string& condition) {
  return "SELECT rowid FROM p WHERE v MATCH '[0,0]' AND k = 9 AND " + condition;
}

TEST_F(KeptConditions, AreNotAskedOfTheContentAgain) {
  ContentStatements statements(&db_);
  EXPECT_EQ(statements.In(Ask("n = 1")), 1);
  EXPECT_EQ(statements.In(Ask("n = 1")), 0);
  EXPECT_EQ(statements.In(Ask("n = 0")), 1);
  EXPECT_EQ(statements.In("UPDATE p SET n = 1 WHERE rowid = 1; " + Ask("n = 1")) > 0, true);
  EXPECT_EQ(statements.In(Ask("n = 1")), 0);
  // Sixteen are kept.
  for (int i = 0; i < 16; ++i) statements.In(Ask("n > " + std::to_string(i)));
  EXPECT_EQ(statements.In(Ask("n > 0")), 0);
  EXPECT_EQ(statements.In(Ask("n = 1")), 1);
}

TEST_F(KeptConditions, AreNotNeededWhereTheHostAllowsNoPragma) {
  const auto deny = [](void*, int action, const char*, const char*, const char*, const char*) {
    return action == SQLITE_PRAGMA ? SQLITE_DENY : SQLITE_OK;
  };
  sqlite3_set_authorizer(db_.db(), deny, nullptr);
  EXPECT_THAT(Odd(), ElementsAre("2", "4"));
  EXPECT_THAT(Odd(), ElementsAre("2", "4"));
  sqlite3_set_authorizer(db_.db(), nullptr, nullptr);
}

TEST_F(KeptConditions, AreAskedEachTimeByWhoReadsUncommittedRows) {
  const std::string shared = "file:" + file_ + "?cache=shared";
  TestConnection first(shared), second(shared);
  first.Rows("PRAGMA read_uncommitted = 1");
  ContentStatements statements(&first);
  EXPECT_EQ(statements.In(Ask("n = 1")), 1);
  EXPECT_EQ(statements.In(Ask("n = 1")), 1);
}

void Answer(sqlite3_context* context, int, sqlite3_value**) {
  sqlite3_result_int(context, *static_cast<const int*>(sqlite3_user_data(context)));
}

// A pattern's function may be replaced by the host's, with a mind of its own.
TEST_F(KeptConditions, AskTheHostsFunctionEachTime) {
  db_.Rows("CREATE VIRTUAL TABLE q USING semblance(v FLOAT[2] distance_metric=l2, t TEXT)");
  db_.Rows("INSERT INTO q(rowid, v, t) VALUES (1, '[1,0]', 'a')");
  int matches = 1;
  ASSERT_EQ(
      sqlite3_create_function(db_.db(), "glob", 2, SQLITE_UTF8, &matches, Answer, nullptr, nullptr),
      SQLITE_OK);
  const std::string ask = "SELECT rowid FROM q WHERE v MATCH '[0,0]' AND k = 9 AND t GLOB 'b'";
  EXPECT_THAT(db_.Rows(ask), ElementsAre("1"));
  matches = 0;
  EXPECT_THAT(db_.Rows(ask), IsEmpty());
}

}  // namespace
}  // namespace semblance::test
