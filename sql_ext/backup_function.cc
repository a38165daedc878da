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

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string>

#include "sql_ext/guard.h"
#include "sql_ext/register.h"
#include "sql_ext/shadow_tables.h"
#include "sql_ext/statement.h"
#include "sql_ext/values.h"
#include "sql_ext/vector_value.h"

namespace semblance::sql {
namespace {

namespace fs = std::filesystem;

constexpr char kMain[] = "main";
constexpr int kPagesAtATime = 1024;
constexpr int kLeastWait = 2000;  // ms

// The copy that is being made, in a folder that was empty. What this has made is removed again
// unless Keep is called, and nothing else: another backup may have been told the same folder.
class NewCopy {
 public:
  NewCopy(const fs::path& folder, const std::string& name)
      : folder_(folder), file_((folder / name).string()) {
    std::error_code error;
    const bool existed = fs::exists(folder_, error);
    if (existed && !(fs::is_directory(folder_, error) && fs::is_empty(folder_, error))) Refuse();
    if (!existed && !fs::create_directory(folder_, error)) {
      if (!error) Refuse();  // somebody was quicker
      ThrowInvalid("semblance_backup(): the folder " + folder_.string() +
                   " cannot be made: " + error.message());
    }
    made_folder_ = !existed;
    const int claimed = open(file_.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0666);
    if (claimed < 0 && errno == EEXIST) Refuse();
    if (claimed < 0) {
      const std::string reason = std::strerror(errno);
      if (made_folder_) fs::remove(folder_, error);
      ThrowInvalid("semblance_backup(): " + file_ + " cannot be made: " + reason);
    }
    close(claimed);
  }
  ~NewCopy() {
    if (kept_) return;
    std::error_code ignored;
    for (const char* end : {"", "-journal", "-wal", "-shm"}) fs::remove(file_ + end, ignored);
    fs::remove_all(engine::FileDatabase::FolderOf(file_), ignored);
    if (made_folder_) fs::remove(folder_, ignored);
  }
  NewCopy(const NewCopy&) = delete;
  NewCopy& operator=(const NewCopy&) = delete;

  const std::string& file() const { return file_; }
  void Keep() { kept_ = true; }

 private:
  [[noreturn]] void Refuse() const {
    ThrowInvalid("semblance_backup(): " + folder_.lexically_normal().string() +
                 " exists and is not an empty folder; name one that does not exist");
  }

  const fs::path folder_;
  const std::string file_;
  bool made_folder_ = false;
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

std::string FileOf(sqlite3* db) {
  const char* name = sqlite3_db_filename(db, kMain);
  return name == nullptr ? "" : name;
}

class Backup {
 public:
  // A relative folder is told from a URI by the dot.
  Backup(Connection* connection, const fs::path& folder)
      : connection_(*connection),
        db_(connection->db()),
        copy_(Checked(db_, folder.is_absolute() ? folder : fs::path(".") / folder),
              FileOf(db_).empty() ? "memory.db" : fs::path(FileOf(db_)).filename().string()) {}

  // Gives the path of the copied file.
  std::string Run() {
    const std::string file = FileOf(db_);
    if (file.empty()) {
      CopyStore(db_);
      CopyPages(db_);
    } else {
      const Handle reader = Open(file, SQLITE_OPEN_READONLY, VfsOf(db_));
      sqlite3_busy_timeout(reader.get(), Wait());
      {
        const Handle writer = LockedForWriting(file);
        Execute(reader.get(), "BEGIN");
        Statement(reader.get(), "SELECT 1 FROM sqlite_schema").Step();
        CopyStore(reader.get());
      }
      CopyPages(reader.get());
    }
    copy_.Keep();
    return fs::path(copy_.file()).lexically_normal().string();
  }

 private:
  static const fs::path& Checked(sqlite3* db, const fs::path& folder) {
    if (sqlite3_db_readonly(db, kMain) == 1) {
      // Without the write lock nobody can say at which commit the two stores are.
      throw engine::Error(engine::ErrorKind::kReadOnly,
                          "semblance_backup() takes the write lock for a moment, and this database "
                          "is opened to be read only: open it to be written, or copy the file and "
                          "the folder beside it while nobody writes");
    }
    if (sqlite3_txn_state(db, kMain) == SQLITE_TXN_WRITE) {
      ThrowInvalid(
          "semblance_backup(): this connection has an open write transaction; COMMIT or ROLLBACK "
          "it first");
    }
    return folder;
  }

  int Wait() {
    Statement timeout(db_, "PRAGMA busy_timeout");
    return std::max(timeout.Step() ? static_cast<int>(timeout.Int(0)) : 0, kLeastWait);
  }

  // A connection that has the write lock until it is closed.
  Handle LockedForWriting(const std::string& file) {
    Handle writer = Open(file, SQLITE_OPEN_READWRITE, VfsOf(db_));
    sqlite3_busy_timeout(writer.get(), Wait());
    Execute(writer.get(), "BEGIN IMMEDIATE");
    return writer;
  }

  void CopyStore(sqlite3* reader) {
    const auto database = connection_.DatabaseOf(kMain, engine::FileDatabase::Create::kNo);
    const std::string id = database ? database->store().store_id() : "";
    for (const auto& [table, store] : StoresOfTables(reader)) {
      if (store == id) continue;
      throw engine::Error(engine::ErrorKind::kOutOfStep,
                          "semblance_backup(): the vectors of table " + table +
                              (database ? " are in another store than the one beside the database"
                                        : " are gone: there is no store beside the database") +
                              "; a copy would be without them");
    }
    if (database) database->store().Checkpoint(engine::FileDatabase::FolderOf(copy_.file()));
  }

  void CopyPages(sqlite3* from) {
    const Handle to = Open(copy_.file(), SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr);
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
  NewCopy copy_;
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
