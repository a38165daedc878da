// The two-store commit, as SQLite drives it.
//
//   xBegin     nothing: the store is opened by the first row written (Table::Pending), and
//              that row brings N+1 into the shadow table, as part of SQLite's own
//              transaction (Table::Announce)
//   xSync      everything that can fail: texts are embedded, the store prepares commit N+1
//              durably, and the shadow table is looked at: savepoints may have taken the
//              number back
//   (SQLite commits)
//   xCommit    the store commits what it prepared; if the process dies before, the next
//              opening does it, because SQLite has the number
//   xRollback  the store drops it; so does the next opening, because SQLite has not
//
// Several table objects of one connection may stand for the same table (SQLite makes a new one
// after a schema change): the second call of each kind finds nothing left to do.
#include <algorithm>
#include <optional>
#include <string>

#include "sql_ext/guard.h"
#include "sql_ext/table.h"

namespace semblance::sql {
namespace {

// PRAGMA synchronous of the schema: with OFF, SQLite does not wait for the disk, and neither does
// the store.
bool SyncWanted(Table* table) {
  Statement pragma(table->db(), "PRAGMA " + Quoted(table->shadow.schema()) + ".synchronous");
  return !pragma.Step() || pragma.Int(0) != 0;
}

TableWrites* WritesOf(Table* table) {
  const auto writes = table->connection->writes().find(table->Key());
  return writes == table->connection->writes().end() ? nullptr : &writes->second;
}

bool IsTable(ShadowTables& shadow, uint64_t id) {
  try {
    return shadow.ReadState(0).table == id;
  } catch (const SqliteError&) {
    return false;
  }
}

// The shadow tables under the name they have now. An object that SQLite made before an ALTER TABLE
// RENAME of this transaction still takes part in the commit, with the name of then; so does one
// whose RENAME was rolled back.
ShadowTables& CurrentShadow(Table* table, const TableWrites& writes,
                            std::optional<ShadowTables>* renamed) {
  if (IsTable(table->shadow, table->id)) return table->shadow;
  for (const std::string& name : writes.names) {
    renamed->emplace(table->db(), table->shadow.schema(), name, &table->columns);
    if (IsTable(**renamed, table->id)) return **renamed;
  }
  return table->shadow;
}

// Whether ROLLBACK TO has taken back the CREATE: SQLite tells a table that it made within the
// savepoint nothing of that, and asks it to commit.
bool IsGone(Table* table, const TableWrites& writes) {
  const auto there = [&](const std::string& name) {
    Statement find(table->db(), "SELECT 1 FROM " + Quoted(table->shadow.schema()) +
                                    ".sqlite_schema WHERE type = 'table' AND name = ?1");
    find.Bind(1, name + "_state");
    return find.Step();
  };
  return !there(table->shadow.table()) &&
         std::none_of(writes.names.begin(), writes.names.end(), there);
}

}  // namespace

int BeginTransaction(sqlite3_vtab*) { return SQLITE_OK; }

int SyncTransaction(sqlite3_vtab* base) {
  return GuardTable(base, [&] {
    auto* table = static_cast<Table*>(base);
    TableWrites* const writes = WritesOf(table);
    if (writes == nullptr) return;
    std::optional<ShadowTables> renamed;
    ShadowTables& shadow = CurrentShadow(table, *writes, &renamed);
    for (auto& [id, collection] : writes->collections) collection.collection->RollbackPrepared();
    writes->current.clear();
    if (IsGone(table, *writes)) return;
    for (size_t v = 0; v < table->columns.vectors.size(); ++v) {
      const TableState state = shadow.ReadState(v);
      writes->current.insert(state.collection);
      const auto current = writes->collections.find(state.collection);
      if (current == writes->collections.end()) continue;
      uint64_t commit = current->second.base_commit;
      if (!current->second.pending->empty()) {
        table->Flush(state, current->second.pending.get());
        commit = current->second.commit;
        current->second.collection->Prepare(current->second.pending, commit, SyncWanted(table));
      }
      if (state.commit != commit) shadow.WriteCommit(v, commit);
    }
  });
}

int CommitTransaction(sqlite3_vtab* base) {
  return GuardTable(base, [&] {
    auto* table = static_cast<Table*>(base);
    TableWrites* const writes = WritesOf(table);
    if (writes == nullptr) return;
    for (auto& [id, collection] : writes->collections) {
      collection.collection->CommitPrepared();
      table->connection->StandBackFor(*collection.collection);
    }
    for (uint64_t id : writes->left_behind) {
      if (!writes->current.contains(id)) writes->database->Forget(id);
    }
    table->connection->writes().erase(table->Key());
    // When everything is published and let go: others shall not wait with this connection.
    if (table->connection->writes().empty()) table->connection->StandBack();
  });
}

int RollbackTransaction(sqlite3_vtab* base) {
  return GuardTable(base, [&] {
    auto* table = static_cast<Table*>(base);
    TableWrites* const writes = WritesOf(table);
    if (writes == nullptr) return;
    for (auto& [id, collection] : writes->collections) collection.collection->RollbackPrepared();
    table->connection->writes().erase(table->Key());
    table->connection->NoteRollback();
  });
}

int SetSavepoint(sqlite3_vtab* base, int level) {
  return GuardTable(base, [&] {
    auto* table = static_cast<Table*>(base);
    table->connection->writes()[table->Key()].SetSavepoint(level);
  });
}

int ReleaseSavepoint(sqlite3_vtab* base, int level) {
  return GuardTable(base, [&] {
    if (TableWrites* const writes = WritesOf(static_cast<Table*>(base))) writes->Release(level);
  });
}

int RollbackToSavepoint(sqlite3_vtab* base, int level) {
  return GuardTable(base, [&] {
    auto* table = static_cast<Table*>(base);
    if (TableWrites* const writes = WritesOf(table)) writes->RollbackTo(level);
    table->connection->NoteRollback();
  });
}

}  // namespace semblance::sql
