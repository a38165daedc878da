#include "tools/cli/connection.h"

#include <sqlite3.h>

#include <filesystem>
#include <utility>

#include "tools/cli/extension_path.h"

namespace semblance::cli {
namespace {

// How long a statement waits for another process that writes, in milliseconds.
constexpr int kBusyTimeout = 10'000;

[[noreturn]] void Fail(sqlite3* database, int code) {
  throw SqlError(code, database ? sqlite3_errmsg(database) : sqlite3_errstr(code));
}

void LoadExtension(sqlite3* database) {
  const std::string path = FindExtension();
  sqlite3_db_config(database, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 1, nullptr);
  char* error = nullptr;
  const int code = sqlite3_load_extension(database, path.c_str(), nullptr, &error);
  const std::string message = error ? error : sqlite3_errmsg(database);
  sqlite3_free(error);
  sqlite3_db_config(database, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, nullptr);
  if (code != SQLITE_OK) throw SqlError(code, "cannot load " + path + ": " + message);
}

std::string Quote(std::string_view text, char mark) {
  std::string quoted(1, mark);
  for (char c : text) {
    if (c == mark) quoted += mark;
    quoted += c;
  }
  return quoted += mark;
}

}  // namespace

bool SqlError::interrupted() const { return (code_ & 0xff) == SQLITE_INTERRUPT; }
bool SqlError::busy() const { return (code_ & 0xff) == SQLITE_BUSY; }

Statement::Statement(sqlite3* database, std::string_view sql) : database_(database) {
  const char* tail = nullptr;
  Check(sqlite3_prepare_v2(database, sql.data(), static_cast<int>(sql.size()), &statement_, &tail));
  if (!statement_)
    throw SqlError(SQLITE_ERROR, "there is no statement in '" + std::string(sql) + "'");
}

Statement::~Statement() { sqlite3_finalize(statement_); }

void Statement::Check(int code) const {
  if (code != SQLITE_OK) Fail(database_, code);
}

Statement& Statement::Bind(int parameter, const Value& value) {
  if (const auto* integer = std::get_if<int64_t>(&value)) {
    Check(sqlite3_bind_int64(statement_, parameter, *integer));
  } else if (const auto* real = std::get_if<double>(&value)) {
    Check(sqlite3_bind_double(statement_, parameter, *real));
  } else if (const auto* text = std::get_if<std::string>(&value)) {
    Check(sqlite3_bind_text64(statement_, parameter, text->data(), text->size(), SQLITE_TRANSIENT,
                              SQLITE_UTF8));
  } else if (const auto* blob = std::get_if<Blob>(&value)) {
    Check(sqlite3_bind_blob64(statement_, parameter, blob->bytes.data(), blob->bytes.size(),
                              SQLITE_TRANSIENT));
  } else {
    Check(sqlite3_bind_null(statement_, parameter));
  }
  return *this;
}

bool Statement::Step() {
  const int code = sqlite3_step(statement_);
  if (code != SQLITE_ROW && code != SQLITE_DONE) Fail(database_, code);
  return code == SQLITE_ROW;
}

void Statement::Reset() { sqlite3_reset(statement_); }

int Statement::column_count() const { return sqlite3_column_count(statement_); }

std::string Statement::ColumnName(int column) const {
  const char* name = sqlite3_column_name(statement_, column);
  return name ? name : "";
}

bool Statement::IsNull(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

bool Statement::IsNumber(int column) const {
  const int type = sqlite3_column_type(statement_, column);
  return type == SQLITE_INTEGER || type == SQLITE_FLOAT;
}

std::string Statement::Text(int column) const {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  const int size = sqlite3_column_bytes(statement_, column);
  return text ? std::string(text, static_cast<size_t>(size)) : std::string();
}

std::string Statement::Bytes(int column) const {
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement_, column));
  const int size = sqlite3_column_bytes(statement_, column);
  return bytes ? std::string(bytes, static_cast<size_t>(size)) : std::string();
}

int64_t Statement::Integer(int column) const { return sqlite3_column_int64(statement_, column); }

double Statement::Real(int column) const { return sqlite3_column_double(statement_, column); }

Value Statement::Get(int column) const {
  switch (sqlite3_column_type(statement_, column)) {
    case SQLITE_NULL:
      return {};
    case SQLITE_INTEGER:
      return Integer(column);
    case SQLITE_FLOAT:
      return Real(column);
    case SQLITE_BLOB:
      return Blob{Bytes(column)};
    default:
      return Text(column);
  }
}

Connection::Connection(const std::string& file, Create create) {
  if (create != Create::kYes && file != ":memory:" && !std::filesystem::exists(file)) {
    throw SqlError(SQLITE_CANTOPEN, "there is no database file '" + file + "'");
  }
  const int flags = create == Create::kNoAndReadOnly
                        ? SQLITE_OPEN_READONLY
                        : SQLITE_OPEN_READWRITE | (create == Create::kYes ? SQLITE_OPEN_CREATE : 0);
  const int code = sqlite3_open_v2(file.c_str(), &database_, flags, nullptr);
  try {
    if (code != SQLITE_OK) throw SqlError(code, file + ": " + sqlite3_errstr(code));
    sqlite3_extended_result_codes(database_, 1);
    sqlite3_busy_timeout(database_, kBusyTimeout);
    LoadExtension(database_);
  } catch (...) {
    sqlite3_close_v2(database_);
    throw;
  }
}

Connection::~Connection() { sqlite3_close_v2(database_); }

void Connection::Execute(const std::string& sql) {
  const int code = sqlite3_exec(database_, sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) Fail(database_, code);
}

Value Connection::Single(std::string_view sql, const std::vector<Value>& parameters) {
  Statement statement(database_, sql);
  for (size_t i = 0; i < parameters.size(); ++i)
    statement.Bind(static_cast<int>(i) + 1, parameters[i]);
  if (!statement.Step()) return {};
  return statement.Get(0);
}

void Connection::Interrupt() noexcept { sqlite3_interrupt(database_); }

bool Connection::InTransaction() const { return sqlite3_get_autocommit(database_) == 0; }

Transaction::Transaction(Connection* connection) : connection_(connection) {
  connection_->Execute("BEGIN IMMEDIATE");
}

Transaction::~Transaction() {
  // A failed statement may have ended the transaction already; a second ROLLBACK is a harmless
  // error.
  if (open_) sqlite3_exec(connection_->handle(), "ROLLBACK", nullptr, nullptr, nullptr);
}

void Transaction::Commit() {
  connection_->Execute("COMMIT");
  open_ = false;
}

std::string QuoteName(std::string_view name) { return Quote(name, '"'); }
std::string QuoteText(std::string_view text) { return Quote(text, '\''); }

}  // namespace semblance::cli
