// Whole numbers as hosts hand them over: node:sqlite and better-sqlite3 bind every number as REAL.
#pragma once

#include <cstdint>
#include <optional>

#include "sql_ext/sqlite_api.h"

namespace semblance::sql {

// An INTEGER, a REAL without a fraction, or a TEXT that reads as one of them; nullopt otherwise.
std::optional<int64_t> WholeNumber(sqlite3_value* value);

}  // namespace semblance::sql
