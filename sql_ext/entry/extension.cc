// The one function that SQLite finds in semblance.so.

#include <sqlite3ext.h>

#include <cstring>
#include <memory>
#include <string>

#include "sql_ext/guard.h"
#include "sql_ext/register.h"

SQLITE_EXTENSION_INIT1

namespace semblance::sql {
namespace {

void CheckHost() {
  if (sqlite3_libversion_number() >= kOldestHost) return;
  throw SqliteError(
      SQLITE_ERROR,
      std::string("needs SQLite 3.37 or newer, and this program has ") + sqlite3_libversion(),
      "E_HOST");
}

// Loading twice must not replace what open virtual tables already use.
bool IsRegistered(sqlite3* db) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v2(db, "SELECT semblance_version()", -1, &statement, nullptr);
  sqlite3_finalize(statement);
  return code == SQLITE_OK;
}

void RegisterAll(sqlite3* db) {
  CheckHost();
  if (IsRegistered(db)) return;
  const auto connection = std::make_shared<Connection>(db);
  RegisterVectorFunctions(db);
  RegisterSimilarTo(db);
  RegisterHybrid(db);
  RegisterAggregates(db);
  RegisterModelFunctions(db, connection);
  RegisterModelFileFunctions(db, connection);
  RegisterWhitenFunction(db, connection);
  RegisterPrecisionFunctions(db, connection);
  RegisterCorpusFunction(db, connection);
  RegisterBackupFunction(db, connection);
  RegisterTrainTable(db, connection);
  RegisterCatalogTables(db, connection);
  RegisterPairsTable(db, connection);
  RegisterChunkTable(db, connection);
  RegisterClustersTable(db, connection);
  RegisterExplainTable(db, connection);
  RegisterTableModule(db, connection);
  RegisterInfoFunctions(db, connection);  // last: it is what IsRegistered asks for
}

}  // namespace
}  // namespace semblance::sql

// Stays loaded when the connection closes, because the engine's threads outlive it.
extern "C" __attribute__((visibility("default"))) int sqlite3_semblance_init(
    sqlite3* db, char** message, const sqlite3_api_routines* api) {
  SQLITE_EXTENSION_INIT2(api);
  const int code = semblance::sql::GuardCreate(message, [db] { semblance::sql::RegisterAll(db); });
  return code == SQLITE_OK ? SQLITE_OK_LOAD_PERMANENTLY : code;
}
