// What the callbacks of one connection share: which engine::Database belongs to which of its schemas.
//
// Threads: as the connection, one at a time. Lives as long as something is registered with the connection.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "engine/database.h"
#include "sql_ext/sqlite_api.h"

namespace semblance::sql {

class Connection {
 public:
  explicit Connection(sqlite3* db) : db_(db) {}
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  sqlite3* db() const { return db_; }

  // The Database beside the file of `schema` ("main", "temp" or an attached name), kept open from then on;
  // a schema in memory, or in a temporary file, gets one in memory. With Create::kNo, nullptr when there is
  // none yet. Throws what engine::Database::Open throws.
  std::shared_ptr<engine::Database> DatabaseOf(const std::string& schema,
                                               engine::Database::Create create);

 private:
  struct Opened {
    std::string file;  // empty: in memory
    std::shared_ptr<engine::Database> database;
  };

  sqlite3* const db_;
  std::map<std::string, Opened> opened_;  // by schema
};

}  // namespace semblance::sql
