// The object behind one virtual table in one connection. It keeps nothing that must outlive it:
// SQLite makes a new one whenever the schema changes, also within a transaction. What a transaction
// has written is in Connection::writes().
#pragma once

#include <algorithm>
#include <chrono>
#include <climits>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "engine/error.h"
#include "engine/view.h"
#include "sql_ext/connection.h"
#include "sql_ext/filter_cache.h"
#include "sql_ext/hidden_columns.h"
#include "sql_ext/register.h"
#include "sql_ext/shadow_tables.h"
#include "sql_ext/sqlite_api.h"
#include "sql_ext/table_schema.h"

namespace semblance::sql {

struct Table : sqlite3_vtab {
  Table(ConnectionPtr connection_of, std::string schema, std::string name, TableSchema columns_of)
      : sqlite3_vtab{},
        connection(std::move(connection_of)),
        columns(std::move(columns_of)),
        hidden_columns(HiddenColumnsOf(name, columns)),
        shadow(connection->db(), std::move(schema), std::move(name), &columns) {
    connection->tables().push_back(this);
  }
  ~Table() { std::erase(connection->tables(), this); }
  Table(const Table&) = delete;
  Table& operator=(const Table&) = delete;

  int declared() const { return static_cast<int>(columns.columns.size()); }
  // Its number, or one that no column has.
  int hidden(HiddenColumn column) const {
    const auto found = std::find(hidden_columns.begin(), hidden_columns.end(), column);
    if (found == hidden_columns.end()) return INT_MIN;
    return declared() + static_cast<int>(found - hidden_columns.begin());
  }
  sqlite3* db() const { return connection->db(); }

  // What a column to search by is called in messages: "column body of table notes".
  std::string VectorColumnName(size_t vector) const;
  // Which column to search by has that name; throws kNotFound with the nearest name that there is,
  // after `asker`.
  size_t VectorNamed(const std::string& name, const std::string& asker = "") const;
  const VectorColumn& Vector(const TableState& state) const {
    return columns.vectors[state.vector];
  }
  // The states of every column to search by.
  std::vector<TableState> ReadStates();

  // The statement that gives the table a command, as it is typed on this connection.
  std::string CommandText(const std::string& command) const;
  // What brings back vectors that are missing.
  std::string Cure() const;
  // Gives what `work` gives; an engine::OutOfStep is told with its cure.
  template <typename Work>
  auto OrCure(Work&& work) const {
    try {
      return work();
    } catch (const engine::OutOfStep& error) {
      throw engine::Error(error.kind(), error.what() + ("; " + Cure()));
    }
  }

  // The store that has this table's vectors; throws kOutOfStep saying what to type when it is
  // missing or another's. To read: Connection::DatabaseToRead.
  enum class Access { kRead, kWrite };
  std::shared_ptr<engine::Database> DatabaseFor(const TableState& state,
                                                Access access = Access::kWrite) const;
  std::shared_ptr<engine::Collection> CollectionFor(const TableState& state,
                                                    Access access = Access::kWrite) const;
  // Gives what `work` gives of the collection, which it only reads. What is read beside another
  // process may be older than a commit that SQLite shows: then it is read once more, for a while.
  // A commit that a killed process has left is finished by who has the store, when that looks at
  // this table; where it does not, it is asked for the store.
  template <typename Work>
  auto ToRead(const TableState& state, Work&& work) const {
    using std::chrono::steady_clock;
    constexpr std::chrono::milliseconds kPatience{2000}, kBeforeAsking{200}, kBetween{5};
    const auto began = steady_clock::now();
    bool unfinished = false, asked = false;
    while (true) {
      std::shared_ptr<engine::Collection> collection;
      if (unfinished && !asked && steady_clock::now() > began + kBeforeAsking) {
        asked = true;
        collection = AskForCollection(state);
      }
      if (collection == nullptr) collection = CollectionFor(state, Access::kRead);
      try {
        return work(collection);
      } catch (const engine::Error& error) {
        unfinished = error.kind() == engine::ErrorKind::kReadOnly;
        const bool behind = unfinished || error.kind() == engine::ErrorKind::kOutOfStep;
        if (!behind || !collection->read_only() || steady_clock::now() > began + kPatience) throw;
      }
      std::this_thread::sleep_for(kBetween);
    }
  }
  // As a writer does; nullptr where the store cannot be had to write.
  std::shared_ptr<engine::Collection> AskForCollection(const TableState& state) const;
  engine::CollectionOptions OptionsFor(const TableState& state) const;
  std::shared_ptr<const encoder::Encoder> EncoderFor(const TableState& state) const;

  // How many numbers the vectors of an EMBED column have by a model. Throws kDimension where dims=
  // asks for more than the model gives.
  uint32_t DimensionBy(const engine::ModelInfo& model, size_t vector) const;
  // [texts.size(), state.dimension].
  std::vector<float> Encode(const TableState& state, const encoder::Encoder& encoder,
                            std::span<const std::string_view> texts) const;

  // What the transaction has written to the collection that `state` names; nullptr: nothing.
  engine::PendingWrites* Uncommitted(const TableState& state);
  // The same to be searched: texts are embedded first.
  std::shared_ptr<const engine::PendingWrites> Overlay(const TableState& state);
  // The collection as this connection's transaction sees it.
  engine::View ViewFor(const TableState& state);

  // The transaction's writes to the current collection of a column, begun by the first call in it.
  // Only inside a write transaction.
  engine::PendingWrites& Pending(size_t vector);
  void Flush(const TableState& state, engine::PendingWrites* pending);
  // A row, its content and its vectors.
  void Remove(int64_t row_id);
  // Gives the shadow table the numbers of the commits that the writes will become. In the user's
  // own statement, so that changes() counts the user's rows after a COMMIT too; xSync sees that it
  // holds.
  void Announce();

  // INSERT INTO t(t[, rowid]) VALUES('…'[, row_id])
  void RunCommand(const std::string& command, sqlite3_value* row_id);
  void RunRowCommand(const std::string& command, sqlite3_value* row_id);
  void Rebuild();
  // `column`: empty for each EMBED column.
  void ChangeModel(const std::string& column, const std::string& model);
  bool HasUncommitted() const;
  // What does not agree between the committed text, vectors and index; empty: all does.
  std::string Problems();

  const ConnectionPtr connection;
  const TableSchema columns;
  const std::vector<HiddenColumn> hidden_columns;
  ShadowTables shadow;
  FilterCache filters;
  // Of Connection::writes().
  Connection::TableKey Key() const { return {shadow.schema(), id}; }
  // The commit of the current collection that this connection sees: after a COMMIT that failed with
  // SQLITE_BUSY the shadow table already names the next one.
  uint64_t VisibleCommit(const TableState& state) const;
  // A committed or pending vector of a row, as this connection sees it.
  std::optional<std::vector<float>> VectorOf(const TableState& state, int64_t row_id);

  uint64_t id = 0;   // TableState::table; 0 when the shadow tables could not be read
  int searches = 0;  // of its cursors, under way
};

// Checks a vector for a column: dimension, and not zero under cosine. Throws kInvalid naming the
// column.
void CheckVector(const Table& table, size_t column, uint32_t dimension,
                 std::span<const float> vector);

// The table's part of sqlite3_module, one file a concern.
int BestIndex(sqlite3_vtab* table, sqlite3_index_info* info);       // table_plan.cc
int OpenCursor(sqlite3_vtab* table, sqlite3_vtab_cursor** cursor);  // table_cursor.cc
int CloseCursor(sqlite3_vtab_cursor* cursor);
int FilterCursor(sqlite3_vtab_cursor* cursor, int number, const char* plan, int count,
                 sqlite3_value** values);
int NextRow(sqlite3_vtab_cursor* cursor);
int AtEnd(sqlite3_vtab_cursor* cursor);
int ColumnOf(sqlite3_vtab_cursor* cursor, sqlite3_context* context, int column);
int RowIdOf(sqlite3_vtab_cursor* cursor, sqlite3_int64* row_id);
int FindFunction(sqlite3_vtab* table, int count, const char* name,
                 void (**function)(sqlite3_context*, int, sqlite3_value**),
                 void** user);  // table_match.cc
int UpdateRow(sqlite3_vtab* table, int count, sqlite3_value** values,
              sqlite3_int64* row_id);       // table_update.cc
int BeginTransaction(sqlite3_vtab* table);  // table_commit.cc
int SyncTransaction(sqlite3_vtab* table);
int CommitTransaction(sqlite3_vtab* table);
int RollbackTransaction(sqlite3_vtab* table);
int SetSavepoint(sqlite3_vtab* table, int level);
int ReleaseSavepoint(sqlite3_vtab* table, int level);
int RollbackToSavepoint(sqlite3_vtab* table, int level);

}  // namespace semblance::sql
