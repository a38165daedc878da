// What the callbacks of one connection share: which engine::Database belongs to which of its
// schemas, what its transaction has written and not committed, and vectors of texts asked for
// lately. It holds no statement: sqlite3_close refuses while one is there.
//
// Threads: as the connection, one at a time. Lives as long as something is registered with the
// connection.
#pragma once

#include <sys/types.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/database.h"
#include "engine/file_database.h"
#include "engine/process_id.h"
#include "sql_ext/sqlite_api.h"
#include "sql_ext/table_writes.h"

namespace semblance::sql {

class SearchLog;  // search_log.h
struct Table;     // table.h

class Connection {
 public:
  explicit Connection(sqlite3* db) : db_(db) {}
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  sqlite3* db() const { return db_; }

  // To write: the Database beside the file of `schema` ("main", "temp" or an attached name); a
  // schema in memory, or in a temporary file, gets one in memory. With Create::kNo, nullptr when
  // there is none yet. Other processes that write wait while the pointer is held: hold it for one
  // call, or one write transaction. Waits for them as long as PRAGMA busy_timeout says, two seconds
  // at least; outside of WAL mode, and not in a write transaction, two seconds. Throws kReadOnly
  // for a schema that is opened to be read only.
  std::shared_ptr<engine::Database> DatabaseOf(const std::string& schema,
                                               engine::FileDatabase::Create create);
  // The same to read, for which nobody is waited for; nullptr when there is none. Where another
  // process has the store, it may be older than what SQLite shows since: see Table::ToRead.
  using Look = engine::FileDatabase::Look;
  std::shared_ptr<engine::Database> DatabaseToRead(const std::string& schema,
                                                   Look look = Look::kNowAndThen);
  // A collection of that schema at a commit, when its store is in another process's hands and this
  // one remembers what is asked for.
  std::optional<engine::View> Remembered(const std::string& schema, uint64_t collection,
                                         uint64_t commit);

  // Models of the main database, or only the built-in one where that has no store.
  std::shared_ptr<const engine::ModelRegistry> Models();

  // The encoder of a model of the main database, in the precision that is chosen for it now; the
  // last few are kept loaded. Valid until the next call.
  const encoder::Encoder& EncoderOf(const std::string& model_id);

  // A text's unit vector by a model; the last few hundred are remembered. Valid until the next
  // call.
  const std::vector<float>& Embed(const std::string& model_id, const encoder::Encoder& encoder,
                                  std::string_view text);

  // Uncommitted writes by table: schema, and the random id in its shadow tables, which copies of a
  // database share.
  using TableKey = std::pair<std::string, uint64_t>;
  std::map<TableKey, TableWrites>& writes() { return writes_; }
  // A commit of this transaction asks for a pause before the next one, as Collection::NextWrite
  // says: engine/pace.h. It is taken when SQLite has ended the transaction, and keeps nothing open:
  // another process may have the store meanwhile.
  void StandBackFor(engine::Collection& collection) {
    // Not by the pointer that a write holds it by, which ends with the write.
    stand_back_for_.push_back(collection.weak_from_this());
  }
  void StandBack();
  // How often something was rolled back: what a cursor read of the transaction before may not be
  // so.
  uint64_t rollbacks() const { return rollbacks_; }
  void NoteRollback() { ++rollbacks_; }

  // The table objects of this connection, the newest last; table_access.h finds one by its name.
  std::vector<Table*>& tables() { return tables_; }

  // Where searches note what they touch, while somebody wants to know; nullptr otherwise.
  SearchLog* search_log = nullptr;

  // Whether sqlite3_interrupt was called while a statement of this connection runs. Works on every
  // SQLite version.
  bool Interrupted();
  // That, for whoever polls it as long as the connection is there.
  std::function<bool()> Cancel() {
    return [this] { return Interrupted(); };
  }
  // Throws engine::Error kInterrupted then. Prepares a statement: for every some hundred rows.
  void ThrowIfInterrupted();

 private:
  struct Opened {
    std::string file;                              // empty: in memory
    std::shared_ptr<engine::FileDatabase> shared;  // of a file
    std::shared_ptr<engine::Database> in_memory;
  };
  Opened& OpenedFor(const std::string& schema);
  bool BlocksWriter(const std::string& schema);
  std::chrono::milliseconds BusyTimeout();

  sqlite3* const db_;
  const pid_t process_ = engine::ProcessId();
  std::map<std::string, Opened> opened_;  // by schema
  const std::shared_ptr<const engine::ModelRegistry> built_in_models_ =
      std::make_shared<engine::ModelRegistry>(nullptr);
  std::map<TableKey, TableWrites> writes_;
  uint64_t rollbacks_ = 0;
  std::vector<std::weak_ptr<engine::Collection>> stand_back_for_;
  std::vector<Table*> tables_;
  std::list<std::pair<std::string, std::shared_ptr<const encoder::Encoder>>>
      encoders_;                                                  // by id, last used first
  std::unordered_map<std::string, std::vector<float>> embedded_;  // model id, precision, text
};

}  // namespace semblance::sql
