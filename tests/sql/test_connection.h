// SQLite with the extension loaded, as a program that uses Semblance has it.
#pragma once

#include <sqlite3.h>

#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace semblance::test {

// A folder of its own, removed with all it holds at the end.
class TempFolder {
 public:
  TempFolder();
  ~TempFolder();
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  std::string File(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

class SqlError : public std::runtime_error {
 public:
  SqlError(int code, const std::string& message) : std::runtime_error(message), code_(code) {}
  int code() const { return code_; }  // extended

 private:
  int code_;
};

class TestConnection {
 public:
  // Opens or creates `file` (a path or a URI; ":memory:" for none) and loads the extension; throws
  // SqlError.
  explicit TestConnection(const std::string& file,
                          const std::string& extension = SEMBLANCE_EXTENSION);
  ~TestConnection();
  TestConnection(const TestConnection&) = delete;
  TestConnection& operator=(const TestConnection&) = delete;

  sqlite3* db() const { return db_; }
  bool InTransaction() const { return sqlite3_get_autocommit(db_) == 0; }
  // Runs every statement of `sql`. The rows of all of them: columns joined by '|', NULL as NULL,
  // BLOBs as x'00ff'. Throws SqlError.
  std::vector<std::string> Rows(std::string_view sql);
  // The one row of a query that gives one.
  std::string Value(std::string_view sql);
  // The message that `sql` ends with; empty when it does not fail.
  std::string ErrorOf(std::string_view sql);

 private:
  sqlite3* db_ = nullptr;
};

}  // namespace semblance::test
