// CREATE, connect, rename, drop: the life of a virtual table.
#include <algorithm>
#include <memory>
#include <random>

#include "engine/error.h"
#include "sql_ext/external_content.h"
#include "sql_ext/guard.h"
#include "sql_ext/register.h"
#include "sql_ext/table.h"

namespace semblance::sql {
namespace {

uint64_t RandomId() {
  std::random_device device;
  return (static_cast<uint64_t>(device()) << 32 | device()) | 1;
}

// argv of xCreate: module, schema, table, then the arguments.
std::unique_ptr<Table> MakeTable(sqlite3* db, void* user, bool create, int argc,
                                 const char* const* argv) {
  TableSchema columns = ParseTableSchema(argv[2], {argv + 3, static_cast<size_t>(argc - 3)});
  if (columns.content) MatchContentTable(db, argv[1], create, &columns);
  return std::make_unique<Table>(ConnectionOf(user), argv[1], argv[2], std::move(columns));
}

void Declare(sqlite3* db, const Table& table) {
  std::string sql = "CREATE TABLE x(";
  for (const TableColumn& column : table.columns.columns)
    sql += Quoted(column.name) + " " + column.type + ", ";
  for (const HiddenColumn column : table.hidden_columns)
    sql += (column == HiddenColumn::kTable ? "" : ", ") +
           HiddenDeclaration(column, table.shadow.table());
  sql += ")";
  if (sqlite3_declare_vtab(db, sql.c_str()) != SQLITE_OK)
    ThrowLastError(db, "declaring table " + table.shadow.table());
  sqlite3_vtab_config(db, SQLITE_VTAB_CONSTRAINT_SUPPORT, 1);
  sqlite3_vtab_config(db, SQLITE_VTAB_INNOCUOUS);
}

int CreateTable(sqlite3* db, void* user, int argc, const char* const* argv, sqlite3_vtab** made,
                char** message) {
  return GuardCreate(message, [&] {
    auto table = MakeTable(db, user, true, argc, argv);
    const auto database =
        table->connection->DatabaseOf(argv[1], engine::FileDatabase::Create::kYes);
    const uint64_t id = RandomId();
    std::vector<TableState> states;
    for (size_t v = 0; v < table->columns.vectors.size(); ++v) {
      TableState state;
      state.vector = v;
      state.table = id;
      state.store = database->store().store_id();
      state.collection = RandomId();
      state.dimension = table->columns.vectors[v].dimension;
      if (table->columns.Embeds(v)) {
        const engine::ModelInfo model = database->models().Pin(table->columns.vectors[v].model);
        state.model = model.name;
        state.model_id = model.id;
        state.dimension = table->DimensionBy(model, v);
      }
      states.push_back(std::move(state));
    }
    table->shadow.Create(states);
    table->id = id;
    Declare(db, *table);
    if (table->columns.content) table->Rebuild();
    *made = table.release();
  });
}

int ConnectTable(sqlite3* db, void* user, int argc, const char* const* argv, sqlite3_vtab** made,
                 char** message) {
  return GuardCreate(message, [&] {
    auto table = MakeTable(db, user, false, argc, argv);
    try {
      table->id = table->shadow.ReadState(0).table;
    } catch (const SqliteError& error) {
      const int code = error.code() & 0xff;
      if (code != SQLITE_ERROR && code != SQLITE_CORRUPT) throw;  // locked, interrupted: try again
    } catch (const engine::Error&) {
      // DROP TABLE connects first: it must be possible whatever is wrong. Every use reads the state
      // again and says what.
    }
    Declare(db, *table);
    *made = table.release();
  });
}

int DisconnectTable(sqlite3_vtab* base) {
  delete static_cast<Table*>(base);
  return SQLITE_OK;
}

int DestroyTable(sqlite3_vtab* base) {
  auto* table = static_cast<Table*>(base);
  const int code = GuardTable(base, [&] {
    const auto writes = table->connection->writes().find(table->Key());
    // (The innermost savepoint is that of the DROP statement itself.) SQLite forgets a dropped
    // table at once: no callback would bring its writes into the commit if ROLLBACK TO brought the
    // table back.
    if (writes != table->connection->writes().end() && writes->second.HasPending() &&
        writes->second.savepoints.size() > 1) {
      throw engine::Error(engine::ErrorKind::kBusy,
                          "table " + table->shadow.table() +
                              " was written in this transaction and a savepoint is open: COMMIT or "
                              "ROLLBACK before DROP TABLE");
    }
    if (table->columns.content) DropTriggers(table);
    table->shadow.Drop();
    if (writes != table->connection->writes().end()) table->connection->writes().erase(writes);
  });
  if (code == SQLITE_OK) delete table;
  return code;
}

int RenameTable(sqlite3_vtab* base, const char* new_name) {
  return GuardTable(base, [&] {
    auto* table = static_cast<Table*>(base);
    CheckTableName(new_name, table->columns);
    const auto writes = table->connection->writes().find(table->Key());
    if (writes != table->connection->writes().end()) {
      writes->second.names.insert({table->shadow.table(), new_name});
    }
    table->shadow.Rename(new_name);
    if (table->columns.content) {
      DropTriggers(table);
      CreateTriggers(table);
    }
  });
}

int IsShadowName(const char* suffix) {
  return sqlite3_stricmp(suffix, "content") == 0 || sqlite3_stricmp(suffix, "state") == 0 ||
         sqlite3_stricmp(suffix, "seen") == 0;
}

// PRAGMA integrity_check, of hosts from 3.44 on. quick_check sees only whether the vectors are
// there.
int CheckForPragma(sqlite3_vtab* base, const char*, const char* name, int flags, char** message) {
  constexpr int kQuick = 1;
  auto* table = static_cast<Table*>(base);
  if (table->HasUncommitted()) return SQLITE_OK;  // it looks at what is committed
  char* failure = nullptr;
  const int code = GuardCreate(&failure, [&] {
    std::string problems;
    if ((flags & kQuick) != 0) {
      for (const TableState& state : table->ReadStates()) table->ViewFor(state);
    } else {
      problems = table->Problems();
    }
    if (problems.empty()) return;
    throw engine::Error(engine::ErrorKind::kCorruption,
                        "table " + std::string(name) + ": " + problems);
  });
  const int kind = code & 0xff;
  if (kind != SQLITE_CORRUPT && kind != SQLITE_CANTOPEN) {
    sqlite3_free(failure);
    return code;
  }
  *message = failure;
  return SQLITE_OK;
}

// A module as SQLite 3.44 and newer read it: headers from before end without the last function.
struct ModuleWithIntegrity {
  sqlite3_module module{};
  int (*integrity)(sqlite3_vtab*, const char*, const char*, int, char**) = CheckForPragma;
};
template <typename Module>
void SetIntegrity(Module* module) {
  if constexpr (requires { module->xIntegrity; }) module->xIntegrity = CheckForPragma;
}

const ModuleWithIntegrity kModule = [] {
  ModuleWithIntegrity whole;
  sqlite3_module& module = whole.module;
  SetIntegrity(&module);
  module.iVersion = 4;
  module.xCreate = CreateTable;
  module.xConnect = ConnectTable;
  module.xBestIndex = BestIndex;
  module.xDisconnect = DisconnectTable;
  module.xDestroy = DestroyTable;
  module.xOpen = OpenCursor;
  module.xClose = CloseCursor;
  module.xFilter = FilterCursor;
  module.xNext = NextRow;
  module.xEof = AtEnd;
  module.xColumn = ColumnOf;
  module.xRowid = RowIdOf;
  module.xUpdate = UpdateRow;
  module.xBegin = BeginTransaction;
  module.xSync = SyncTransaction;
  module.xCommit = CommitTransaction;
  module.xRollback = RollbackTransaction;
  module.xFindFunction = FindFunction;
  module.xRename = RenameTable;
  module.xSavepoint = SetSavepoint;
  module.xRelease = ReleaseSavepoint;
  module.xRollbackTo = RollbackToSavepoint;
  module.xShadowName = IsShadowName;
  return whole;
}();

}  // namespace

void RegisterTableModule(sqlite3* db, const ConnectionPtr& connection) {
  RegisterModule(db, "semblance", &kModule.module, connection);
}

}  // namespace semblance::sql
