// What the entry point registers with a connection, each defined in the file of its name. All throw
// SqliteError when SQLite refuses.
#pragma once

#include <memory>

#include "sql_ext/connection.h"
#include "sql_ext/sqlite_api.h"

namespace semblance::sql {

using ConnectionPtr = std::shared_ptr<Connection>;

void RegisterVectorFunctions(sqlite3* db);  // vec_*
void RegisterSimilarTo(sqlite3* db);        // similar_to, unlike
void RegisterHybrid(sqlite3* db);
void RegisterAggregates(sqlite3* db);  // spearman, uniformity, ...
void RegisterInfoFunctions(sqlite3* db,
                           const ConnectionPtr& connection);  // semblance_version, _info
void RegisterModelFunctions(sqlite3* db, const ConnectionPtr& connection);  // embed, similarity
void RegisterModelFileFunctions(sqlite3* db,
                                const ConnectionPtr& connection);           // semblance_export_…
void RegisterBackupFunction(sqlite3* db, const ConnectionPtr& connection);  // semblance_backup
void RegisterWhitenFunction(sqlite3* db, const ConnectionPtr& connection);  // semblance_whiten
void RegisterPrecisionFunctions(sqlite3* db,
                                const ConnectionPtr& connection);       // semblance_…_precision
void RegisterChunkTable(sqlite3* db, const ConnectionPtr& connection);  // chunk
void RegisterCorpusFunction(sqlite3* db, const ConnectionPtr& connection);  // semblance_export_…
void RegisterTrainTable(sqlite3* db, const ConnectionPtr& connection);      // semblance_train
void RegisterCatalogTables(sqlite3* db, const ConnectionPtr& connection);   // semblance_models, ...
void RegisterPairsTable(sqlite3* db, const ConnectionPtr& connection);      // semblance_pairs
void RegisterClustersTable(sqlite3* db, const ConnectionPtr& connection);   // semblance_clusters
void RegisterExplainTable(sqlite3* db, const ConnectionPtr& connection);    // semblance_explain
void RegisterTableModule(sqlite3* db, const ConnectionPtr& connection);     // semblance(...)

// How those files do it. Whatever gets a connection finds it with ConnectionOf.
struct FunctionSpec {
  const char* name;
  int arguments;
  int flags;  // beside SQLITE_UTF8
  void (*call)(sqlite3_context*, int, sqlite3_value**);
};
void RegisterFunction(sqlite3* db, const FunctionSpec& spec,
                      const ConnectionPtr* connection = nullptr);

struct AggregateSpec {
  const char* name;
  int arguments;
  int flags;
  void (*step)(sqlite3_context*, int, sqlite3_value**);
  void (*final)(sqlite3_context*);
};
void RegisterAggregate(sqlite3* db, const AggregateSpec& spec);

void RegisterModule(sqlite3* db, const char* name, const sqlite3_module* module,
                    const ConnectionPtr& connection);

// `user`: pAux of xConnect, or sqlite3_user_data of a function.
inline const ConnectionPtr& ConnectionOf(void* user) {
  return *static_cast<const ConnectionPtr*>(user);
}

}  // namespace semblance::sql
