// Table-valued functions, and tables that are always there: what each of them declares, and the one
// implementation of SQLite's callbacks behind all of them.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sql_ext/register.h"
#include "sql_ext/sqlite_api.h"

namespace semblance::sql {

// The arguments of one call; valid during FunctionTable::open.
class FunctionArguments {
 public:
  // `values[i]`: nullptr when it was not given.
  FunctionArguments(std::string function, std::vector<sqlite3_value*> values)
      : function_(std::move(function)), values_(std::move(values)) {}

  const std::string& function() const { return function_; }  // for messages: "semblance_pairs()"
  bool Given(size_t i) const { return values_[i] != nullptr; }
  bool AnyNull() const;  // of those that were given
  sqlite3_value* value(size_t i) const { return values_[i]; }
  // Of an argument that was given; throw kInvalid naming `what` was expected.
  std::string Text(size_t i, const char* what) const;
  double Number(size_t i, const char* what) const;
  int64_t Integer(size_t i, const char* what, int64_t least, int64_t most) const;
  std::optional<std::string> OptionalText(size_t i, const char* what) const;

 private:
  const std::string function_;
  const std::vector<sqlite3_value*> values_;
};

// The rows of one call.
class FunctionRows {
 public:
  virtual ~FunctionRows() = default;
  virtual bool Next() = 0;  // false: there is no other row
  virtual void Column(sqlite3_context* context,
                      int column) const = 0;  // an argument's is not asked
};

struct FunctionTable {
  enum class Use {
    kAnywhere,
    kTrusted,    // in views and triggers only where PRAGMA trusted_schema is on
    kStatements  // not in views and triggers
  };
  enum class Nulls { kNoRows, kHandedOn };  // what a NULL among the arguments does

  const char* name;
  const char* declaration;  // CREATE TABLE x(…)
  int first_argument;       // its column; the others follow
  int arguments;            // at most; 0: an ordinary table
  int required;             // of them
  const char* needs;        // for the message when one is missing: "1 argument: SELECT …"
  Use use;
  Nulls nulls;
  // nullptr: no rows.
  std::unique_ptr<FunctionRows> (*open)(const ConnectionPtr& connection,
                                        const FunctionArguments& arguments);
};

// `table` is static.
void RegisterFunctionTable(sqlite3* db, const FunctionTable* table,
                           const ConnectionPtr& connection);

}  // namespace semblance::sql
