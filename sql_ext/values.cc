#include "sql_ext/values.h"

#include <cmath>
#include <new>

namespace semblance::sql {

std::string_view TextOf(sqlite3_value* value) {
  const auto* text = reinterpret_cast<const char*>(sqlite3_value_text(value));
  if (text == nullptr) throw std::bad_alloc();
  return {text, static_cast<size_t>(sqlite3_value_bytes(value))};
}

std::string_view BytesOf(sqlite3_value* value) {
  const auto* bytes = static_cast<const char*>(sqlite3_value_blob(value));
  const auto size = static_cast<size_t>(sqlite3_value_bytes(value));
  if (bytes == nullptr && size > 0) throw std::bad_alloc();
  return {bytes, size};
}

std::optional<int64_t> WholeNumber(sqlite3_value* value) {
  const int type = sqlite3_value_numeric_type(value);
  if (type == SQLITE_INTEGER) return sqlite3_value_int64(value);
  if (type != SQLITE_FLOAT) return std::nullopt;
  constexpr double kExact = 9007199254740992.0;  // from 2^53 on not every whole number is a REAL
  const double number = sqlite3_value_double(value);
  if (!(std::fabs(number) < kExact) || number != std::floor(number)) return std::nullopt;
  return static_cast<int64_t>(number);
}

ValuePtr CopyOf(sqlite3_value* value) {
  ValuePtr copy(sqlite3_value_dup(value), sqlite3_value_free);
  if (copy == nullptr) throw std::bad_alloc();
  return copy;
}

void ResultText(sqlite3_context* context, std::string_view text) {
  sqlite3_result_text64(context, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
}

}  // namespace semblance::sql
