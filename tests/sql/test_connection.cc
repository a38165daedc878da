#include "tests/sql/test_connection.h"

#include <cstdlib>

namespace semblance::test {
namespace {

std::string ColumnText(sqlite3_stmt* statement, int column) {
  const int type = sqlite3_column_type(statement, column);
  if (type == SQLITE_NULL) return "NULL";
  if (type == SQLITE_BLOB) {
    const auto* bytes = static_cast<const unsigned char*>(sqlite3_column_blob(statement, column));
    const int size = sqlite3_column_bytes(statement, column);
    std::string hex = "x'";
    for (int i = 0; i < size; ++i) {
      hex += "0123456789abcdef"[bytes[i] >> 4];
      hex += "0123456789abcdef"[bytes[i] & 15];
    }
    return hex + "'";
  }
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, column));
  return {text, static_cast<size_t>(sqlite3_column_bytes(statement, column))};
}

}  // namespace

TempFolder::TempFolder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "semblance-test-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("cannot make " + pattern);
  path_ = pattern;
}

TempFolder::~TempFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

TestConnection::TestConnection(const std::string& file, const std::string& extension) {
  char* message = nullptr;
  int code = sqlite3_open_v2(file.c_str(), &db_,
                             SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_URI, nullptr);
  if (code == SQLITE_OK) {
    sqlite3_db_config(db_, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 1, nullptr);
    code = sqlite3_load_extension(db_, extension.c_str(), nullptr, &message);
  }
  if (code == SQLITE_OK) return;
  const std::string why = message != nullptr ? message : sqlite3_errmsg(db_);
  sqlite3_free(message);
  sqlite3_close(db_);
  throw SqlError(code, why);
}

TestConnection::~TestConnection() { sqlite3_close(db_); }

std::vector<std::string> TestConnection::Rows(std::string_view sql) {
  std::vector<std::string> rows;
  const char* next = sql.data();
  const char* const end = sql.data() + sql.size();
  while (next < end) {
    sqlite3_stmt* statement = nullptr;
    int code = sqlite3_prepare_v2(db_, next, static_cast<int>(end - next), &statement, &next);
    if (code != SQLITE_OK) throw SqlError(sqlite3_extended_errcode(db_), sqlite3_errmsg(db_));
    if (statement == nullptr) continue;
    while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
      std::string row;
      for (int i = 0; i < sqlite3_column_count(statement); ++i) {
        row += (i == 0 ? "" : "|") + ColumnText(statement, i);
      }
      rows.push_back(row);
    }
    const SqlError error(sqlite3_extended_errcode(db_), sqlite3_errmsg(db_));
    sqlite3_finalize(statement);
    if (code != SQLITE_DONE) throw error;
  }
  return rows;
}

std::string TestConnection::Value(std::string_view sql) {
  const std::vector<std::string> rows = Rows(sql);
  if (rows.size() != 1) {
    throw std::logic_error("expected one row, got " + std::to_string(rows.size()) + ": " +
                           std::string(sql));
  }
  return rows[0];
}

std::string TestConnection::ErrorOf(std::string_view sql) {
  try {
    Rows(sql);
    return "";
  } catch (const SqlError& error) {
    return error.what();
  }
}

}  // namespace semblance::test
