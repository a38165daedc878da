#include "sql_ext/connection.h"

namespace semblance::sql {

std::shared_ptr<engine::Database> Connection::DatabaseOf(const std::string& schema,
                                                         engine::Database::Create create) {
  const char* name = sqlite3_db_filename(db_, schema.c_str());
  const std::string file = name == nullptr ? "" : name;
  // An attached name may have been detached and given to another file since.
  const auto found = opened_.find(schema);
  if (found != opened_.end() && found->second.file == file) return found->second.database;
  std::shared_ptr<engine::Database> database;
  if (!file.empty()) {
    database = engine::Database::Open(file, create);
  } else if (create == engine::Database::Create::kYes) {
    database = engine::Database::OpenInMemory();
  }
  if (database != nullptr) opened_[schema] = {file, database};
  return database;
}

}  // namespace semblance::sql
