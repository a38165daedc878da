// The one place where C++ exceptions become SQLite's result codes. Every callback that SQLite calls
// passes its work through one of the three guards, so nothing is ever thrown through SQLite's C
// frames.
//
//   storage::Error  index::Error  encoder::Error  engine::Error  SqliteError      by the table in
//   guard.cc std::bad_alloc      SQLITE_NOMEM std::length_error   SQLITE_TOOBIG anything else
//   SQLITE_ERROR
//
// Every message that reaches the user begins with "semblance: ".
#pragma once

#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

#include "sql_ext/sqlite_api.h"

namespace semblance::sql {

// An error with a result code of SQLite's own choosing: what an inner statement answered, or a code
// that no room's error has.
class SqliteError : public std::runtime_error {
 public:
  SqliteError(int code, const std::string& message) : std::runtime_error(message), code_(code) {}
  int code() const { return code_; }

 private:
  int code_;
};

// Throws engine::Error kInvalid: a value, an option or a statement of the user's is wrong.
[[noreturn]] void ThrowInvalid(const std::string& message);
// Throws SqliteError with the connection's last error, after "what: ".
[[noreturn]] void ThrowLastError(sqlite3* db, const std::string& what);

struct SqliteFree {
  void operator()(void* memory) const noexcept { sqlite3_free(memory); }
};
using SqliteString = std::unique_ptr<char, SqliteFree>;

struct Failure {
  int code;              // extended where the table has one
  SqliteString message;  // null when there is no memory for one
};
// The exception being handled; call inside a catch block only.
Failure CurrentFailure() noexcept;
// The result of a function becomes the exception being handled.
void ReportFailure(sqlite3_context* context) noexcept;
// *message (freed first, when not null) becomes that of the exception being handled; gives its
// code.
int ReportFailure(char** message) noexcept;

// For scalar functions, aggregates and xColumn.
template <typename Work>
void GuardFunction(sqlite3_context* context, Work&& work) noexcept {
  try {
    std::forward<Work>(work)();
  } catch (...) {
    ReportFailure(context);
  }
}

// For xCreate and xConnect, where there is no table object to carry the message. `work` gives
// nothing (SQLITE_OK) or a result code.
template <typename Work>
int GuardCreate(char** message, Work&& work) noexcept {
  try {
    if constexpr (std::is_void_v<std::invoke_result_t<Work>>) {
      std::forward<Work>(work)();
      return SQLITE_OK;
    } else {
      return std::forward<Work>(work)();
    }
  } catch (...) {
    return ReportFailure(message);
  }
}

// For every other method of a virtual table and its cursors.
template <typename Work>
int GuardTable(sqlite3_vtab* table, Work&& work) noexcept {
  return GuardCreate(&table->zErrMsg, std::forward<Work>(work));
}

}  // namespace semblance::sql
