// What SQLite hands over, as C++ has it, and back. A text, a copy: std::bad_alloc where there is no
// memory.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "sql_ext/sqlite_api.h"

namespace semblance::sql {

// A value that is not NULL as text; valid as long as the value, and until it is read as another
// type.
std::string_view TextOf(sqlite3_value* value);

// The bytes of a BLOB; valid as long as the value.
std::string_view BytesOf(sqlite3_value* value);

// An INTEGER, a REAL without a fraction, or a TEXT that reads as one of them; nullopt otherwise.
// (node:sqlite and better-sqlite3 bind every number as REAL.)
std::optional<int64_t> WholeNumber(sqlite3_value* value);

// A value that outlives the call it came with.
using ValuePtr = std::shared_ptr<sqlite3_value>;
ValuePtr CopyOf(sqlite3_value* value);

// The other way: the result becomes this text.
void ResultText(sqlite3_context* context, std::string_view text);

}  // namespace semblance::sql
