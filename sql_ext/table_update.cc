// INSERT, UPDATE, DELETE: the content row first, then the vector in the transaction's overlay.
#include <optional>

#include "engine/error.h"
#include "sql_ext/guard.h"
#include "sql_ext/row_content.h"
#include "sql_ext/table.h"
#include "sql_ext/values.h"
#include "sql_ext/vector_value.h"

namespace semblance::sql {
namespace {

int64_t RowIdFrom(sqlite3_value* value) {
  const auto number = WholeNumber(value);
  if (!number) {
    throw SqliteError(SQLITE_MISMATCH,
                      "datatype mismatch: a rowid is an INTEGER, and this is " + Describe(value));
  }
  return *number;
}

class RowWriter {
 public:
  // `values`: the declared columns, in order.
  RowWriter(Table* table, sqlite3_value** values)
      : table_(*table),
        values_(values),
        row_id_column_(table->columns.ColumnOf(TableColumn::Role::kRowId)),
        key_column_(table->columns.ColumnOf(TableColumn::Role::kKey)) {}

  int64_t Insert(sqlite3_value* row_id);
  int64_t Update(int64_t row_id, sqlite3_value* new_row_id);

 private:
  void CheckKey();
  void MakeRoom(int64_t row_id, std::vector<RowContent>* contents);
  void KeepVectors(int64_t row_id, std::vector<RowContent>* contents);
  void MakeRoomForKey(std::optional<int64_t> own, std::vector<RowContent>* contents);
  [[noreturn]] void ThrowTaken(const std::string& what) const;

  Table& table_;
  sqlite3_value** const values_;
  const std::optional<size_t> row_id_column_;  // INTEGER PRIMARY KEY
  const std::optional<size_t> key_column_;     // TEXT PRIMARY KEY
};

void RowWriter::CheckKey() {
  if (!key_column_) return;
  sqlite3_value* const key = values_[*key_column_];
  if (sqlite3_value_nochange(key) || sqlite3_value_type(key) != SQLITE_NULL) return;
  throw engine::Error(engine::ErrorKind::kConstraint,
                      "column " + table_.columns.columns[*key_column_].name + " of table " +
                          table_.shadow.table() + " is its PRIMARY KEY and cannot be NULL");
}

void RowWriter::ThrowTaken(const std::string& what) const {
  // For OR IGNORE SQLite itself turns this into skipping the row.
  throw engine::Error(engine::ErrorKind::kConstraint,
                      "table " + table_.shadow.table() + " already has a row with " + what);
}

// Text that replaces the same text needs not be embedded again.
void RowWriter::KeepVectors(int64_t row_id, std::vector<RowContent>* contents) {
  for (size_t v = 0; v < contents->size(); ++v) {
    RowContent& content = (*contents)[v];
    if (!content.text || table_.shadow.Text(v, row_id) != content.text) continue;
    const TableState state = table_.shadow.ReadState(v);
    const engine::PendingWrites* const pending = table_.Uncommitted(state);
    if (pending != nullptr && pending->Touches(row_id)) continue;  // it may wait to be embedded
    content.vector = table_.VectorOf(state, row_id);
    if (content.vector) content.text.reset();
  }
}

void RowWriter::MakeRoom(int64_t row_id, std::vector<RowContent>* contents) {
  if (!table_.shadow.Has(row_id)) return;
  if (sqlite3_vtab_on_conflict(table_.db()) != SQLITE_REPLACE)
    ThrowTaken((row_id_column_ ? table_.columns.columns[*row_id_column_].name : "rowid") + " " +
               std::to_string(row_id));
  KeepVectors(row_id, contents);
  table_.Remove(row_id);
}

// `own`: the row that the key is for, when it is there already.
void RowWriter::MakeRoomForKey(std::optional<int64_t> own, std::vector<RowContent>* contents) {
  if (!key_column_ || sqlite3_value_nochange(values_[*key_column_])) return;
  const auto holder = table_.shadow.RowWithKey(values_[*key_column_]);
  if (!holder || holder == own) return;
  if (sqlite3_vtab_on_conflict(table_.db()) != SQLITE_REPLACE) {
    ThrowTaken(table_.columns.columns[*key_column_].name + " " + Describe(values_[*key_column_]));
  }
  KeepVectors(*holder, contents);
  table_.Remove(*holder);
}

int64_t RowWriter::Insert(sqlite3_value* row_id) {
  std::vector<RowContent> contents = ReadContents(table_, values_);
  CheckKey();
  const auto pending = PendingOfAll(&table_);
  std::optional<int64_t> wanted;
  if (sqlite3_value_type(row_id) != SQLITE_NULL) wanted = RowIdFrom(row_id);
  if (row_id_column_ && sqlite3_value_type(values_[*row_id_column_]) != SQLITE_NULL) {
    const int64_t named = RowIdFrom(values_[*row_id_column_]);
    if (wanted.value_or(named) != named) {
      ThrowInvalid("rowid " + std::to_string(*wanted) + " and " +
                   table_.columns.columns[*row_id_column_].name + " " + std::to_string(named) +
                   " are two names of one number: give one of them");
    }
    wanted = named;
  }
  if (wanted) MakeRoom(*wanted, &contents);
  MakeRoomForKey(std::nullopt, &contents);
  const int64_t made = table_.shadow.Insert(wanted, values_);
  for (size_t v = 0; v < contents.size(); ++v)
    PutContent(&table_, v, pending[v], made, std::move(contents[v]), false);
  return made;
}

int64_t RowWriter::Update(int64_t row_id, sqlite3_value* new_row_id) {
  std::vector<RowContent> contents = ReadContents(table_, values_);
  CheckKey();
  const auto pending = PendingOfAll(&table_);
  int64_t moved = RowIdFrom(new_row_id);
  if (row_id_column_ && !sqlite3_value_nochange(values_[*row_id_column_])) {
    const int64_t named = RowIdFrom(values_[*row_id_column_]);
    if (named != row_id) moved = named;
  }
  std::vector<RowContent> none;  // an UPDATE looks at the row's own text
  if (moved != row_id) MakeRoom(moved, &none);
  MakeRoomForKey(row_id, &none);
  for (size_t v = 0; v < contents.size(); ++v) {
    RowContent& content = contents[v];
    if (content.text && moved == row_id && table_.shadow.Text(v, row_id) == content.text)
      content.unchanged = true;
    if (!content.unchanged || moved == row_id) continue;
    // The same content under another row id.
    content.unchanged = false;
    if (table_.columns.Embeds(v)) {
      content.text = table_.shadow.Text(v, row_id);
    } else {
      content.vector = table_.VectorOf(table_.shadow.ReadState(v), row_id);
    }
  }
  table_.shadow.Update(row_id, moved, values_);
  for (size_t v = 0; v < contents.size(); ++v) {
    if (moved != row_id) pending[v]->Delete(row_id);
    if (!contents[v].unchanged)
      PutContent(&table_, v, pending[v], moved, std::move(contents[v]), moved == row_id);
  }
  return moved;
}

void RefuseDirectWrites(const Table& table) {
  if (!table.columns.content) return;
  const std::string& content = table.columns.content->name;
  ThrowInvalid("table " + table.shadow.table() + " shows the rows of " + content + ": write to " +
               content + ", and its triggers bring it here");
}

}  // namespace

void Table::Remove(int64_t row_id) {
  for (size_t v = 0; v < columns.vectors.size(); ++v) Pending(v).Delete(row_id);
  shadow.Delete(row_id);
}

int UpdateRow(sqlite3_vtab* base, int count, sqlite3_value** values, sqlite3_int64* row_id) {
  return GuardTable(base, [&] {
    auto* table = static_cast<Table*>(base);
    // Statements on the table's own tables change it; the user's has done so only by an INSERT.
    const sqlite3_int64 last_row_id = sqlite3_last_insert_rowid(table->db());
    if (count == 1) {
      RefuseDirectWrites(*table);
      table->Remove(sqlite3_value_int64(values[0]));
      sqlite3_set_last_insert_rowid(table->db(), last_row_id);
      table->Announce();
      return;
    }
    sqlite3_value** const columns = values + 2;
    sqlite3_value* const command = columns[table->hidden(HiddenColumn::kTable)];
    const bool inserting = sqlite3_value_type(values[0]) == SQLITE_NULL;
    if (sqlite3_value_type(command) == SQLITE_TEXT && inserting) {
      table->RunCommand(std::string(TextOf(command)), values[1]);
      *row_id = last_row_id;
      return;
    }
    if (sqlite3_value_type(command) != SQLITE_NULL && !sqlite3_value_nochange(command)) {
      ThrowInvalid(ErrorKind::kCommand,
                   "a command is a TEXT that is inserted: " + table->CommandText("optimize"));
    }
    RefuseDirectWrites(*table);
    RowWriter writer(table, columns);
    *row_id = inserting ? writer.Insert(values[1])
                        : writer.Update(sqlite3_value_int64(values[0]), values[1]);
    table->Announce();
    if (!inserting) sqlite3_set_last_insert_rowid(table->db(), last_row_id);
  });
}

}  // namespace semblance::sql
