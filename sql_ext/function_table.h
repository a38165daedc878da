// Table-valued functions: what each of them declares, and the one implementation of SQLite's
// callbacks behind all of them.
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
  virtual void Column(sqlite3_context* context, int column) const = 0;  // an argument's is not asked
};

struct FunctionTable {
  const char* name;
  const char* declaration;  // CREATE TABLE x(…)
  int first_argument;       // its column; the others follow
  int arguments;            // at most
  int required;             // of them
  const char* example;      // of a call, for the message when one is missing
  bool direct_only;         // not in views and triggers
  // nullptr: no rows.
  std::unique_ptr<FunctionRows> (*open)(Connection* connection, const FunctionArguments& arguments);
};

// `table` is static. A NULL in any argument gives no rows.
void RegisterFunctionTable(sqlite3* db, const FunctionTable* table,
                           const ConnectionPtr& connection);

void ResultText(sqlite3_context* context, const std::string& text);

}  // namespace semblance::sql
