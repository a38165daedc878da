// The one place where C++ exceptions become SQLite's result codes. Every callback that SQLite calls
// passes its work through one of the three guards, so nothing is ever thrown through SQLite's C
// frames.
//
//   storage::Error  index::Error  encoder::Error  engine::Error  SqliteError     by the tables in
//                                                                                guard.cc
//   std::bad_alloc     SQLITE_NOMEM,  E_NOMEM
//   std::length_error  SQLITE_TOOBIG, E_TOOBIG
//   anything else      SQLITE_ERROR,  E_INTERNAL
//
// Every message that reaches the user begins with "semblance: E_NAME: ", where the name is for
// programs to look for and never changes its meaning.
#pragma once

#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

#include "engine/error.h"
#include "sql_ext/sqlite_api.h"

namespace semblance::sql {

using engine::ErrorKind;

// An error with a result code of SQLite's own choosing: what an inner statement answered, or a code
// that no room's error has.
class SqliteError : public std::runtime_error {
 public:
  // `name`: E_… where it is not the one that goes with the code.
  SqliteError(int code, const std::string& message, const char* name = nullptr)
      : std::runtime_error(message), code_(code), name_(name) {}
  int code() const { return code_; }
  const char* name() const { return name_; }

 private:
  int code_;
  const char* name_;
};

// Throws engine::Error kInvalid: an argument or a value of the user's is wrong.
[[noreturn]] void ThrowInvalid(const std::string& message);
// The same, of a kind that is narrower: kDimension to kNotFound.
[[noreturn]] void ThrowInvalid(ErrorKind kind, const std::string& message);
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
