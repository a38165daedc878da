// INSERT, UPDATE, DELETE: the content row first, then the vector in the transaction's overlay.
#include <optional>

#include "engine/error.h"
#include "sql_ext/guard.h"
#include "sql_ext/table.h"
#include "sql_ext/vector_value.h"

namespace semblance::sql {
namespace {

constexpr size_t kEmbedTogether =
    512;  // texts; long enough to sort by length, short enough for memory

class RowWriter {
 public:
  // `values`: the declared columns, in order.
  RowWriter(Table* table, sqlite3_value** values) : table_(*table), values_(values) {}

  int64_t Insert(sqlite3_value* row_id);
  int64_t Update(int64_t row_id, sqlite3_value* new_row_id);

 private:
  // The value of the EMBED or FLOAT[n] column, checked.
  struct Content {
    bool unchanged = false;
    std::optional<std::string> text;
    std::optional<std::vector<float>> vector;
  };

  Content ReadContent();
  void MakeRoom(int64_t row_id);
  void PutVector(int64_t row_id, Content content, bool was_there);

  Table& table_;
  sqlite3_value** const values_;
};

RowWriter::Content RowWriter::ReadContent() {
  sqlite3_value* const value = values_[table_.columns.vector_column];
  Content content;
  if (sqlite3_value_nochange(value)) {
    content.unchanged = true;
    return content;
  }
  if (sqlite3_value_type(value) == SQLITE_NULL) return content;
  if (!table_.columns.embeds()) {
    content.vector = VectorFromValue(value, table_.VectorColumnName());
    CheckVector(table_, table_.columns.dimension, *content.vector);
    return content;
  }
  if (sqlite3_value_type(value) == SQLITE_BLOB) {
    ThrowInvalid(table_.VectorColumnName() + " is embedded text, and this is " + Describe(value) +
                 "; for vectors of your own make a table with a FLOAT[n] column");
  }
  content.text.emplace(reinterpret_cast<const char*>(sqlite3_value_text(value)),
                       static_cast<size_t>(sqlite3_value_bytes(value)));
  return content;
}

void RowWriter::MakeRoom(int64_t row_id) {
  if (!table_.shadow.Has(row_id)) return;
  if (sqlite3_vtab_on_conflict(table_.db()) != SQLITE_REPLACE) {
    // For OR IGNORE SQLite itself turns this into skipping the row.
    throw engine::Error(engine::ErrorKind::kConstraint, "table " + table_.shadow.table() +
                                                            " already has a row with rowid " +
                                                            std::to_string(row_id));
  }
  table_.Pending().Delete(row_id);
  table_.shadow.Delete(row_id);
}

int64_t RowIdFrom(sqlite3_value* value) {
  if (sqlite3_value_numeric_type(value) != SQLITE_INTEGER) {
    throw SqliteError(SQLITE_MISMATCH,
                      "datatype mismatch: a rowid is an INTEGER, and this is " + Describe(value));
  }
  return sqlite3_value_int64(value);
}

void RowWriter::PutVector(int64_t row_id, Content content, bool was_there) {
  engine::PendingWrites& pending = table_.Pending();
  if (content.vector) {
    pending.Put(row_id, *content.vector);
  } else if (content.text) {
    pending.PutText(row_id, std::move(*content.text));
    if (pending.waiting_texts() >= kEmbedTogether)
      table_.Flush(table_.shadow.ReadState(), &pending);
  } else if (was_there) {
    pending.Delete(row_id);
  }
}

int64_t RowWriter::Insert(sqlite3_value* row_id) {
  Content content = ReadContent();
  table_.Pending();  // fails before anything is written, when it must
  std::optional<int64_t> wanted;
  if (sqlite3_value_type(row_id) != SQLITE_NULL) {
    wanted = RowIdFrom(row_id);
    MakeRoom(*wanted);
  }
  const int64_t made = table_.shadow.Insert(wanted, values_);
  PutVector(made, std::move(content), false);
  return made;
}

int64_t RowWriter::Update(int64_t row_id, sqlite3_value* new_row_id) {
  Content content = ReadContent();
  table_.Pending();
  const int64_t moved = RowIdFrom(new_row_id);
  if (moved != row_id) MakeRoom(moved);
  if (content.text && moved == row_id && table_.shadow.Text(row_id) == content.text)
    content.unchanged = true;
  if (content.unchanged && moved != row_id) {
    // The same content under another row id.
    content.unchanged = false;
    if (table_.columns.embeds()) {
      content.text = table_.shadow.Text(row_id);
    } else {
      content.vector = table_.VectorOf(table_.shadow.ReadState(), row_id);
    }
  }
  table_.shadow.Update(row_id, moved, values_);
  if (moved != row_id) table_.Pending().Delete(row_id);
  if (!content.unchanged) PutVector(moved, std::move(content), moved == row_id);
  return moved;
}

}  // namespace

int UpdateRow(sqlite3_vtab* base, int count, sqlite3_value** values, sqlite3_int64* row_id) {
  return GuardTable(base, [&] {
    auto* table = static_cast<Table*>(base);
    if (count == 1) {
      const int64_t removed = sqlite3_value_int64(values[0]);
      table->Pending().Delete(removed);
      table->shadow.Delete(removed);
      table->Announce();
      return;
    }
    sqlite3_value** const columns = values + 2;
    sqlite3_value* const command = columns[table->hidden(HiddenColumn::kTable)];
    const bool inserting = sqlite3_value_type(values[0]) == SQLITE_NULL;
    if (sqlite3_value_type(command) == SQLITE_TEXT && inserting) {
      table->RunCommand(reinterpret_cast<const char*>(sqlite3_value_text(command)));
      return;
    }
    if (sqlite3_value_type(command) != SQLITE_NULL && !sqlite3_value_nochange(command)) {
      ThrowInvalid("a command is a TEXT that is inserted: " + table->CommandText("optimize"));
    }
    RowWriter writer(table, columns);
    *row_id = inserting ? writer.Insert(values[1])
                        : writer.Update(sqlite3_value_int64(values[0]), values[1]);
    table->Announce();
  });
}

}  // namespace semblance::sql
