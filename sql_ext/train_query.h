// The user's SELECTs that training reads: rows of text, and scored pairs to measure with. Both run
// on the connection that trains, so they see what it sees, and neither may write.
#pragma once

#include <exception>
#include <string>
#include <vector>

#include "engine/training/trainer.h"
#include "sql_ext/sqlite_api.h"

namespace semblance::sql {

// One SELECT, prepared. Throws kInvalid, beginning with `what`, unless `sql` is a single statement
// that only reads and gives `least` to `most` columns; SqliteError when SQLite does not understand
// it.
class ReadOnlyQuery {
 public:
  ReadOnlyQuery(sqlite3* db, const std::string& sql, const std::string& what, int least, int most);
  ~ReadOnlyQuery() { sqlite3_finalize(statement_); }
  ReadOnlyQuery(const ReadOnlyQuery&) = delete;
  ReadOnlyQuery& operator=(const ReadOnlyQuery&) = delete;

  int columns() const { return columns_; }
  // False at the end, where the statement lets go of what it read. Throws SqliteError.
  bool Step();
  // The current row. A NULL is empty; a BLOB is refused.
  std::string Text(int column) const;
  sqlite3_value* Value(int column) const { return sqlite3_column_value(statement_, column); }

 private:
  void Refuse(const std::string& why) const;

  sqlite3* const db_;
  const std::string what_;
  sqlite3_stmt* statement_ = nullptr;
  int columns_ = 0;
  int64_t row_ = 0;  // from 1
};

// The training rows; those with a NULL or empty text are skipped. Tagged, the last two columns are
// the tags of the first and of the second text, of which a NULL is an empty one.
class QueryRows : public training::RowSource {
 public:
  QueryRows(sqlite3* db, const std::string& sql, bool tagged);

  int columns() const override { return query_.columns() - (tagged_ ? 2 : 0); }
  bool tagged() const override { return tagged_; }
  bool Next(std::vector<std::string>* row) override;

  // The trainer speaks of every failure as its own; this throws what really stopped the reading, if
  // it did.
  void RethrowFailure() const {
    if (failure_ != nullptr) std::rethrow_exception(failure_);
  }

 private:
  ReadOnlyQuery query_;
  const bool tagged_;
  std::exception_ptr failure_;
};

// All rows a, b, score of `sql`; those with a NULL or an empty text are skipped.
std::vector<training::ScoredPair> ReadScoredPairs(sqlite3* db, const std::string& sql);

// All rows a, b or a, b, tag of a, tag of b of `sql`; those with a NULL or an empty text are
// skipped.
std::vector<training::TaggedPair> ReadTaggedPairs(sqlite3* db, const std::string& sql);

}  // namespace semblance::sql
