// A prepared statement that finalises itself, and what goes with it. Errors: SqliteError with
// SQLite's own code and message.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "sql_ext/sqlite_api.h"

namespace semblance::sql {

class Statement {
 public:
  Statement() = default;
  // `persistent`: it will be used many times.
  Statement(sqlite3* db, const std::string& sql, bool persistent = false);
  ~Statement() { sqlite3_finalize(statement_); }
  Statement(Statement&& other) noexcept : statement_(std::exchange(other.statement_, nullptr)) {}
  Statement& operator=(Statement&& other) noexcept {
    std::swap(statement_, other.statement_);
    return *this;
  }

  void Bind(int parameter, int64_t value);
  void Bind(int parameter, std::string_view text);
  void Bind(int parameter, sqlite3_value* value);
  bool Step();  // true: a row; false: done
  void Reset();
  // Runs it to its end and resets it.
  void Run();

  int64_t Int(int column) const { return sqlite3_column_int64(statement_, column); }
  std::string Text(int column) const;
  bool IsNull(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }
  sqlite3_value* Value(int column) const { return sqlite3_column_value(statement_, column); }
  sqlite3_stmt* handle() const { return statement_; }

 private:
  sqlite3_stmt* statement_ = nullptr;
};

// Resets a statement at the end of a scope, so that it holds no read transaction open.
class ResetAtExit {
 public:
  explicit ResetAtExit(Statement* statement) : statement_(statement) {}
  ~ResetAtExit() { statement_->Reset(); }

 private:
  Statement* const statement_;
};

void Execute(sqlite3* db, const std::string& sql);

// "name" with quotes doubled: an identifier, whatever it contains.
std::string Quoted(std::string_view identifier);
// The same for texts that people read: without quotes where SQL needs none.
std::string QuotedIfNeeded(std::string_view identifier);

}  // namespace semblance::sql
