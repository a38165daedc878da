#include "sql_ext/whole_number.h"

#include <cmath>

namespace semblance::sql {

std::optional<int64_t> WholeNumber(sqlite3_value* value) {
  const int type = sqlite3_value_numeric_type(value);
  if (type == SQLITE_INTEGER) return sqlite3_value_int64(value);
  if (type != SQLITE_FLOAT) return std::nullopt;
  constexpr double kExact = 9007199254740992.0;  // from 2^53 on not every whole number is a REAL
  const double number = sqlite3_value_double(value);
  if (!(std::fabs(number) < kExact) || number != std::floor(number)) return std::nullopt;
  return static_cast<int64_t>(number);
}

}  // namespace semblance::sql
