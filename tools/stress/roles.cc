#include "tools/stress/roles.h"

#include <unistd.h>

#include <optional>

#include "tools/cli/connection.h"
#include "tools/stress/self_process.h"
#include "tools/stress/story.h"

namespace semblance::stress {
namespace {

using cli::Connection;
using cli::SqlError;
using cli::Statement;

void Report(uint64_t number) {
  if (write(kReports, &number, sizeof(number)) != static_cast<ssize_t>(sizeof(number))) _exit(4);
}

void Open(Connection* connection, const Role& role) {
  connection->Execute(
      "PRAGMA busy_timeout = 30000; PRAGMA synchronous = NORMAL; PRAGMA journal_mode = " +
      role.journal_mode);
}

uint64_t NumberIn(Connection* connection) {
  return static_cast<uint64_t>(
      std::get<int64_t>(connection->Single("SELECT number FROM progress")));
}

// The story's state, moved on as far as a snapshot is.
class Reckoning {
 public:
  explicit Reckoning(const Role& role) : story_(role.seed) {}
  const State& At(uint64_t number) {
    if (number < number_) throw Violation("transaction " + std::to_string(number_) + " is lost");
    while (number_ < number) story_.Apply(++number_, &state_);
    return state_;
  }
  const Story& story() const { return story_; }

 private:
  const Story story_;
  State state_;
  uint64_t number_ = 0;
};

void CompareRows(Connection* connection, const std::string& sql, const Rows& expected) {
  Statement rows(connection->handle(), sql);
  auto next = expected.begin();
  while (rows.Step()) {
    const int64_t row_id = rows.Integer(0);
    const Row row{rows.Text(1), rows.Text(2)};
    if (next == expected.end() || next->first != row_id || !(next->second == row)) {
      throw Violation(sql + ": row " + std::to_string(row_id) + " is (" + row.value + ", " +
                      row.note + ")" +
                      (next == expected.end()
                           ? ", and there should be none"
                           : "; row " + std::to_string(next->first) + " with (" +
                                 next->second.value + ", " + next->second.note + ") should come"));
    }
    ++next;
  }
  if (next != expected.end())
    throw Violation(sql + ": row " + std::to_string(next->first) + " is missing");
}

void ExpectNone(Connection* connection, const std::string& what, const std::string& count_sql) {
  const auto count = std::get<int64_t>(connection->Single(count_sql));
  if (count != 0)
    throw Violation(what + ": " + std::to_string(count) + " rows, and there should be none; " +
                    count_sql);
}

// One snapshot: call within a transaction.
void CheckSnapshot(Connection* connection, Reckoning* reckoning, uint64_t number) {
  const State& state = reckoning->At(number);
  CompareRows(connection, "SELECT rowid, vec_to_json(v), tag FROM marks ORDER BY rowid",
              state.marks);
  CompareRows(connection, "SELECT rowid, vec_to_json(w), tag FROM marks ORDER BY rowid",
              state.marks);
  CompareRows(connection, "SELECT rowid, body, n FROM texts ORDER BY rowid", state.texts);
  const std::string vector = cli::QuoteText(reckoning->story().QueryVector(number));
  const std::string text = cli::QuoteText(reckoning->story().QueryText(number));
  for (const std::string column : {"v", "w"}) {
    // Squares of distances are whole numbers.
    const std::string searched = "SELECT rowid, round(distance * distance) FROM marks WHERE " +
                                 column + " MATCH " + vector + " AND k = 10000";
    const std::string compared =
        "SELECT rowid, round(pow(vec_distance_l2(" + column + ", " + vector + "), 2)) FROM marks";
    ExpectNone(connection, "found by " + column + ", and not there",
               "SELECT count(*) FROM (" + searched + " EXCEPT " + compared + ")");
    ExpectNone(connection, "there, and not found by " + column,
               "SELECT count(*) FROM (" + compared + " EXCEPT " + searched + ")");
  }
  ExpectNone(connection, "texts whose vector is not theirs",
             "SELECT count(*) FROM (SELECT body, distance AS d FROM texts WHERE body MATCH " +
                 text + ") WHERE abs(d - (1 - similarity(body, " + text + "))) > 0.001");
  ExpectNone(connection, "texts that are not found",
             "SELECT (SELECT count(*) FROM texts) - (SELECT count(*) FROM texts WHERE body MATCH " +
                 text + ")");
  ExpectNone(connection, "points that are not found, or found and not there",
             "SELECT (SELECT count(*) FROM points) - (SELECT count(*) FROM shown WHERE v MATCH " +
                 vector + ")");
  ExpectNone(connection, "points with a vector that is not theirs",
             "SELECT count(*) FROM (SELECT rowid AS id, distance AS d FROM shown WHERE v MATCH " +
                 vector +
                 " AND k = 50) AS near JOIN points USING (id) "
                 "WHERE abs(d - vec_distance_l2(points.v, " +
                 vector + ")) > 0.001");
}

}  // namespace

void Write(const Role& role) {
  Connection connection(role.file, Connection::Create::kNo);
  Open(&connection, role);
  const Story story(role.seed);
  while (true) {
    try {
      connection.Execute("BEGIN IMMEDIATE");
      const uint64_t number = NumberIn(&connection) + 1;
      for (const std::string& sql : story.Statements(number)) connection.Execute(sql);
      connection.Execute("COMMIT");
      Report(number);
      if (const std::string command = story.Command(number); !command.empty())
        connection.Execute(command);
    } catch (const SqlError& error) {
      if (!error.busy()) throw;
      if (connection.InTransaction()) connection.Execute("ROLLBACK");
    }
  }
}

void Read(const Role& role) {
  Connection connection(role.file, Connection::Create::kNo);
  Open(&connection, role);
  Reckoning reckoning(role);
  while (true) {
    try {
      connection.Execute("BEGIN");
      const uint64_t number = NumberIn(&connection);
      CheckSnapshot(&connection, &reckoning, number);
      connection.Execute("COMMIT");
      Report(number);
    } catch (const SqlError& error) {
      if (!error.busy()) throw;
      if (connection.InTransaction()) connection.Execute("ROLLBACK");
    }
  }
}

void Check(const Role& role, uint64_t acknowledged) {
  Connection connection(role.file, Connection::Create::kNo);
  Open(&connection, role);
  const uint64_t number = NumberIn(&connection);
  if (number < acknowledged) {
    throw Violation("transaction " + std::to_string(acknowledged) +
                    " was committed, and the last one there is " + std::to_string(number));
  }
  Reckoning reckoning(role);
  connection.Execute("BEGIN");
  CheckSnapshot(&connection, &reckoning, number);
  CompareRows(&connection, "SELECT rowid, vec_to_json(v), '' FROM shown ORDER BY rowid",
              reckoning.At(number).points);
  connection.Execute("COMMIT");
  for (const std::string table : {"marks", "texts", "shown"})
    connection.Execute("INSERT INTO " + table + "(" + table + ") VALUES ('integrity-check')");
  connection.Execute("PRAGMA integrity_check");
  Report(number);
}

}  // namespace semblance::stress
