// The command line's one way to Semblance: a SQLite connection with the extension loaded, and
// statements on it.
//
// Threads: a Connection and its Statements belong to one thread; only Interrupt may be called from
// a signal handler. Errors: SqlError, with SQLite's own message.
#pragma once

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

struct sqlite3;
struct sqlite3_stmt;

namespace semblance::cli {

class SqlError : public std::runtime_error {
 public:
  SqlError(int code, const std::string& message) : std::runtime_error(message), code_(code) {}
  bool interrupted() const;  // SQLITE_INTERRUPT: Interrupt was called
  bool busy() const;         // SQLITE_BUSY: others were not done in time

 private:
  int code_;
};

struct Blob {
  std::string bytes;
  bool operator==(const Blob&) const = default;
};

// A value that goes into or comes out of SQLite.
using Value = std::variant<std::monostate, int64_t, double, std::string, Blob>;

class Statement {
 public:
  Statement(sqlite3* database, std::string_view sql);
  ~Statement();
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  // Parameters are numbered from 1 and keep their values over Reset.
  Statement& Bind(int parameter, const Value& value);
  bool Step();   // true: there is a row
  void Reset();  // before another round of Bind and Step

  // The current row; columns from 0.
  int column_count() const;
  std::string ColumnName(int column) const;
  bool IsNull(int column) const;
  bool IsNumber(int column) const;
  std::string Text(int column) const;  // "" for NULL
  std::string Bytes(int column) const;  // of a BLOB
  int64_t Integer(int column) const;
  double Real(int column) const;
  Value Get(int column) const;

 private:
  void Check(int code) const;

  sqlite3* const database_;
  sqlite3_stmt* statement_ = nullptr;
};

class Connection {
 public:
  enum class Create { kYes, kNo, kNoAndReadOnly };

  // Opens `file` and loads the extension from FindExtension() into it.
  Connection(const std::string& file, Create create);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  sqlite3* handle() const { return database_; }
  // One or more statements; rows they give are dropped.
  void Execute(const std::string& sql);
  // The first column of the first row; NULL when there is no row.
  Value Single(std::string_view sql, const std::vector<Value>& parameters = {});
  void Interrupt() noexcept;
  bool InTransaction() const;

 private:
  sqlite3* database_ = nullptr;
};

// ROLLBACK when it goes out of scope without Commit.
class Transaction {
 public:
  explicit Transaction(Connection* connection);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  void Commit();

 private:
  Connection* const connection_;
  bool open_ = true;
};

std::string QuoteName(std::string_view name);  // "name", as SQL spells an identifier
std::string QuoteText(std::string_view text);  // 'text'

}  // namespace semblance::cli
