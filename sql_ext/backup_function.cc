// semblance_backup(folder): the main database file and the store beside it, copied as they are at
// one commit, while others go on writing. Gives the path of the copied file. It touches the file
// system, so it is SQLITE_DIRECTONLY.
//
// What makes the two copies fit:
//   1. SQLite's write lock is taken, by a connection of our own: no commit is on its way
//   2. another connection begins to read, and the store is copied (hard links, a moment's work):
//      both are at the same commit N, which the store may still have as a prepared one
//   3. the write lock is let go of; the pages are copied from the snapshot of 2, as long as that
//      takes
// The first one who opens the copy settles what is prepared by the number that SQLite has.
// A database in memory belongs to its connection alone, which copies it itself.

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>

#include "sql_ext/guard.h"
#include "sql_ext/register.h"
#include "sql_ext/statement.h"
#include "sql_ext/values.h"
#include "sql_ext/vector_value.h"

namespace semblance::sql {
namespace {

namespace fs = std::filesystem;

constexpr char kMain[] = "main";
constexpr int kPagesAtATime = 1024;
constexpr int kLeastWait = 2000;  // ms

// A folder that is being filled; what is in it is removed again unless Keep is called.
class NewFolder {
 public:
  explicit NewFolder(fs::path folder) : folder_(std::move(folder)) {
    std::error_code error;
    existed_ = fs::exists(folder_, error);
    if (existed_ && !(fs::is_directory(folder_, error) && fs::is_empty(folder_, error))) {
      ThrowInvalid("semblance_backup(): " + folder_.string() +
                   " exists and is not an empty folder; name one that does not exist");
    }
    if (!existed_ && !fs::create_directory(folder_, error)) {
      ThrowInvalid("semblance_backup(): the folder " + folder_.string() +
                   " cannot be made: " + error.message());
    }
  }
  ~NewFolder() {
    if (kept_) return;
    std::error_code ignored;
    for (fs::directory_iterator it(folder_, ignored), end; !ignored && it != end;
         it.increment(ignored)) {
      fs::remove_all(it->path(), ignored);
    }
    if (!existed_) fs::remove(folder_, ignored);
  }
  NewFolder(const NewFolder&) = delete;
  NewFolder& operator=(const NewFolder&) = delete;

  std::string File(const std::string& name) const { return (folder_ / name).string(); }
  void Keep() { kept_ = true; }

 private:
  const fs::path folder_;
  bool existed_ = false;
  bool kept_ = false;
};

using Handle = std::unique_ptr<sqlite3, int (*)(sqlite3*)>;

Handle Open(const std::string& file, int flags, const char* vfs) {
  sqlite3* db = nullptr;
  const int code = sqlite3_open_v2(file.c_str(), &db, flags, vfs);
  Handle handle(db, [](sqlite3* d) { return sqlite3_close(d); });
  if (code != SQLITE_OK) {
    throw SqliteError(code, "cannot open " + file + ": " + sqlite3_errstr(code));
  }
  return handle;
}

const char* VfsOf(sqlite3* db) {
  sqlite3_vfs* vfs = nullptr;
  sqlite3_file_control(db, kMain, SQLITE_FCNTL_VFS_POINTER, &vfs);
  return vfs == nullptr ? nullptr : vfs->zName;
}

class Backup {
 public:
  Backup(Connection* connection, fs::path folder)
      : connection_(*connection), db_(connection->db()), folder_(std::move(folder)) {}

  std::string Run() {
    if (sqlite3_txn_state(db_, kMain) == SQLITE_TXN_WRITE) {
      ThrowInvalid(
          "semblance_backup(): this connection has an open write transaction; COMMIT or ROLLBACK "
          "it first");
    }
    const char* name = sqlite3_db_filename(db_, kMain);
    const std::string file = name == nullptr ? "" : name;
    const std::string copy =
        folder_.File(file.empty() ? "memory.db" : fs::path(file).filename().string());
    if (file.empty()) {
      CopyStore(copy);
      CopyPages(db_, copy);
    } else {
      const Handle reader = Open(file, SQLITE_OPEN_READONLY, VfsOf(db_));
      {
        const Handle writer = LockedForWriting(file);
        Execute(reader.get(), "BEGIN");
        Statement(reader.get(), "SELECT 1 FROM sqlite_schema").Step();
        CopyStore(copy);
      }
      CopyPages(reader.get(), copy);
    }
    folder_.Keep();
    return copy;
  }

 private:
  // A connection that has the write lock until it is closed; none where nobody can write.
  Handle LockedForWriting(const std::string& file) {
    if (sqlite3_db_readonly(db_, kMain) == 1) return {nullptr, sqlite3_close};
    Handle writer = Open(file, SQLITE_OPEN_READWRITE, VfsOf(db_));
    Statement timeout(db_, "PRAGMA busy_timeout");
    const int wait = timeout.Step() ? static_cast<int>(timeout.Int(0)) : 0;
    sqlite3_busy_timeout(writer.get(), std::max(wait, kLeastWait));
    Execute(writer.get(), "BEGIN IMMEDIATE");
    return writer;
  }

  void CopyStore(const std::string& copy) {
    const auto database = sqlite3_db_readonly(db_, kMain) == 1
                              ? connection_.DatabaseToRead(kMain)
                              : connection_.DatabaseOf(kMain, engine::FileDatabase::Create::kNo);
    if (database) database->store().Checkpoint(engine::FileDatabase::FolderOf(copy));
  }

  void CopyPages(sqlite3* from, const std::string& copy) {
    const Handle to = Open(copy, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr);
    const std::unique_ptr<sqlite3_backup, int (*)(sqlite3_backup*)> backup(
        sqlite3_backup_init(to.get(), kMain, from, kMain),
        [](sqlite3_backup* b) { return sqlite3_backup_finish(b); });
    if (!backup) ThrowLastError(to.get(), "cannot copy the database file");
    int code = SQLITE_OK;
    while ((code = sqlite3_backup_step(backup.get(), kPagesAtATime)) == SQLITE_OK)
      connection_.ThrowIfInterrupted();
    if (code != SQLITE_DONE) {
      throw SqliteError(code,
                        std::string("cannot copy the database file: ") + sqlite3_errstr(code));
    }
  }

  Connection& connection_;
  sqlite3* const db_;
  NewFolder folder_;
};

void MakeBackup(sqlite3_context* context, int, sqlite3_value** arguments) noexcept {
  GuardFunction(context, [&] {
    const std::string folder =
        TextArgument(arguments[0], "semblance_backup(folder): the path of a folder");
    ResultText(context, Backup(ConnectionOf(sqlite3_user_data(context)).get(), folder).Run());
  });
}

}  // namespace

void RegisterBackupFunction(sqlite3* db, const ConnectionPtr& connection) {
  RegisterFunction(db, {"semblance_backup", 1, SQLITE_DIRECTONLY, MakeBackup}, &connection);
}

}  // namespace semblance::sql
