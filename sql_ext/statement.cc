#include "sql_ext/statement.h"

#include <algorithm>

#include "sql_ext/guard.h"

namespace semblance::sql {
namespace {

[[noreturn]] void ThrowSqliteError(sqlite3* db) {
  throw SqliteError(sqlite3_extended_errcode(db), sqlite3_errmsg(db));
}

}  // namespace

Statement::Statement(sqlite3* db, const std::string& sql, bool persistent) {
  const int code =
      sqlite3_prepare_v3(db, sql.data(), static_cast<int>(sql.size()),
                         persistent ? SQLITE_PREPARE_PERSISTENT : 0, &statement_, nullptr);
  if (code != SQLITE_OK) ThrowSqliteError(db);
}

void Statement::Bind(int parameter, int64_t value) {
  sqlite3_bind_int64(statement_, parameter, value);
}

void Statement::Bind(int parameter, std::string_view text) {
  sqlite3_bind_text64(statement_, parameter, text.data(), text.size(), SQLITE_TRANSIENT,
                      SQLITE_UTF8);
}

void Statement::Bind(int parameter, sqlite3_value* value) {
  sqlite3_bind_value(statement_, parameter, value);
}

bool Statement::Step() {
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  ThrowSqliteError(sqlite3_db_handle(statement_));
}

void Statement::Reset() {
  if (statement_) sqlite3_reset(statement_);
}

void Statement::Run() {
  const ResetAtExit reset(this);
  while (Step()) {
  }
}

std::string Statement::Text(int column) const {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  return text ? std::string(text, static_cast<size_t>(sqlite3_column_bytes(statement_, column)))
              : std::string();
}

void Execute(sqlite3* db, const std::string& sql) { Statement(db, sql).Run(); }

std::string Quoted(std::string_view identifier) {
  std::string quoted = "\"";
  for (char c : identifier) {
    quoted += c;
    if (c == '"') quoted += '"';
  }
  return quoted + '"';
}

std::string QuotedIfNeeded(std::string_view identifier) {
  const auto is_letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  const auto is_plain = [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); };
  const bool plain =
      !identifier.empty() && is_letter(identifier[0]) &&
      std::all_of(identifier.begin(), identifier.end(), is_plain) &&
      sqlite3_keyword_check(identifier.data(), static_cast<int>(identifier.size())) == 0;
  return plain ? std::string(identifier) : Quoted(identifier);
}

}  // namespace semblance::sql
