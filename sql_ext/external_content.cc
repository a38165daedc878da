#include "sql_ext/external_content.h"

#include <algorithm>

#include "engine/nearest_name.h"
#include "engine/row_codec.h"
#include "sql_ext/guard.h"
#include "sql_ext/schema_words.h"
#include "sql_ext/values.h"

namespace semblance::sql {
namespace {

struct ContentColumnInfo {
  std::string name;
  std::string type;
  bool key = false;  // part of the PRIMARY KEY
};

std::vector<ContentColumnInfo> ColumnsOf(sqlite3* db, const std::string& schema,
                                         const std::string& table) {
  Statement info(db, "PRAGMA " + Quoted(schema) + ".table_xinfo(" + Quoted(table) + ")");
  std::vector<ContentColumnInfo> columns;
  while (info.Step()) columns.push_back({info.Text(1), info.Text(2), info.Int(5) > 0});
  return columns;
}

// What a table is: "table", "view", "" when there is none; and whether it is WITHOUT ROWID.
struct ContentKind {
  std::string type;
  bool without_row_id = false;
};

ContentKind KindOf(sqlite3* db, const std::string& schema, const std::string& table) {
  Statement list(db, "PRAGMA " + Quoted(schema) + ".table_list(" + Quoted(table) + ")");
  while (list.Step()) {
    if (sqlite3_stricmp(list.Text(0).c_str(), schema.c_str()) != 0) continue;
    return {list.Text(2), list.Int(4) != 0};
  }
  return {};
}

const ContentColumnInfo* Find(const std::vector<ContentColumnInfo>& columns,
                              const std::string& name) {
  const auto found = std::find_if(columns.begin(), columns.end(), [&](const auto& column) {
    return Lower(column.name) == Lower(name);
  });
  return found == columns.end() ? nullptr : &*found;
}

void CheckRowId(const ContentTable& content, const ContentKind& kind,
                const std::vector<ContentColumnInfo>& columns) {
  if (kind.without_row_id) {
    ThrowInvalid(
        ErrorKind::kSchema,
        "content=" + content.name +
            ": a table WITHOUT ROWID has no row ids, by which vectors are kept; make it an "
            "ordinary table, or give a view of it that has a whole number for each row, with "
            "content_rowid=");
  }
  if (Find(columns, content.row_id) != nullptr) return;
  const std::string name = Lower(content.row_id);
  const bool hidden = name == "rowid" || name == "oid" || name == "_rowid_";
  if (hidden && kind.type != "view") {
    const auto is_key = [](const ContentColumnInfo& column) { return column.key; };
    const auto key = std::find_if(columns.begin(), columns.end(), is_key);
    if (key != columns.end() && Lower(key->type) == "integer" &&
        std::none_of(key + 1, columns.end(), is_key))
      return;
    ThrowInvalid(
        ErrorKind::kSchema,
        "content=" + content.name +
            " has no INTEGER PRIMARY KEY, so VACUUM may give its rows other row ids; give it one, "
            "or say which column of whole numbers names its rows: content_rowid=COLUMN");
  }
  std::vector<std::string> names;
  for (const auto& column : columns) names.push_back(column.name);
  ThrowInvalid(ErrorKind::kSchema,
               "content=" + content.name + " has no column " + content.row_id +
                   " that could be its row id" + engine::DidYouMean(content.row_id, names) +
                   (kind.type == "view" ? "; of a view, say which: content_rowid=COLUMN" : ""));
}

// Each row of the content table, or one: its id, and values for the columns to search by.
class ContentRows {
 public:
  ContentRows(Table* table, const std::string& where)
      : table_(*table), rows_(table->db(), Select() + where), values_(Count(), nullptr) {}

  Statement& statement() { return rows_; }
  bool Next() {
    while (rows_.Step()) {
      if (!rows_.IsNull(0)) return true;
    }
    return false;
  }
  int64_t row_id() const { return rows_.Int(0); }
  std::vector<RowContent> Read() {
    const auto& vectors = table_.columns.vectors;
    std::vector<ValuePtr> kept;
    for (size_t v = 0; v < vectors.size(); ++v) {
      kept.push_back(CopyOf(rows_.Value(static_cast<int>(v) + 1)));
      values_[vectors[v].column] = kept.back().get();
    }
    return ReadContents(table_, values_.data());
  }

 private:
  size_t Count() const { return table_.columns.columns.size(); }
  std::string Select() const {
    const ContentTable& content = *table_.columns.content;
    std::string select = "SELECT " + table_.columns.ContentRowId();
    for (const VectorColumn& vector : table_.columns.vectors) {
      select +=
          ", " + Quoted(content.name) + "." + Quoted(table_.columns.columns[vector.column].name);
    }
    return select + " FROM " + table_.shadow.ContentName();
  }

  Table& table_;
  Statement rows_;
  std::vector<sqlite3_value*> values_;
};

// The type by which SQLite compares a column declared so ("3.1 Determination Of Column Affinity").
std::string AffinityOf(const std::string& declared) {
  const std::string type = Lower(declared);
  const auto has = [&](const char* part) { return type.find(part) != std::string::npos; };
  if (has("int")) return "INTEGER";
  if (has("char") || has("clob") || has("text")) return "TEXT";
  if (type.empty() || has("blob")) return "";
  if (has("real") || has("floa") || has("doub")) return "REAL";
  return "NUMERIC";
}

std::string TriggerName(const Table& table, const char* event) {
  return Quoted(table.shadow.schema()) + "." +
         Quoted("semblance_" + engine::Hex(table.id) + "_" + event);
}

// "… VALUES('index', new.id);"
std::string Tell(const Table& table, const char* command, const std::string& row_id) {
  const std::string name = Quoted(table.shadow.table());
  return "INSERT INTO " + name + "(" + name + ", rowid) VALUES('" + command + "', " + row_id +
         "); ";
}

}  // namespace

void MatchContentTable(sqlite3* db, const std::string& schema, bool must_exist,
                       TableSchema* columns) {
  const ContentTable& content = *columns->content;
  const ContentKind kind = KindOf(db, schema, content.name);
  if (kind.type.empty()) {
    if (!must_exist) return;
    ThrowInvalid(ErrorKind::kSchema,
                 "content=" + content.name + ": there is no such table or view in " + schema);
  }
  const auto theirs = ColumnsOf(db, schema, content.name);
  if (must_exist) CheckRowId(content, kind, theirs);
  std::vector<std::string> names;
  for (const auto& column : theirs) names.push_back(column.name);
  for (TableColumn& column : columns->columns) {
    if (column.role == TableColumn::Role::kRowId) continue;
    const ContentColumnInfo* const found = Find(theirs, column.name);
    if (found == nullptr) {
      if (!must_exist) continue;
      ThrowInvalid(ErrorKind::kSchema, "content=" + content.name + " has no column " + column.name +
                                           engine::DidYouMean(column.name, names));
    }
    const bool typed =
        column.role == TableColumn::Role::kMetadata || column.role == TableColumn::Role::kAuxiliary;
    // By their type values are compared there; ours must be the same.
    if (typed && (kind.type != "view" || column.type.empty()))
      column.type = AffinityOf(found->type);
  }
}

void CreateTriggers(Table* table) {
  const ContentTable& content = *table->columns.content;
  if (KindOf(table->db(), table->shadow.schema(), content.name).type == "view") return;
  const std::string id = Quoted(content.row_id);
  const std::string on = " ON " + Quoted(content.name) + " ";
  std::string changed = "old." + id + " IS NOT new." + id;
  for (const VectorColumn& vector : table->columns.vectors) {
    const std::string column = Quoted(table->columns.columns[vector.column].name);
    changed += " OR old." + column + " IS NOT new." + column + " COLLATE BINARY OR typeof(old." +
               column + ") IS NOT typeof(new." + column + ")";
  }
  Execute(table->db(), "CREATE TRIGGER " + TriggerName(*table, "insert") + " AFTER INSERT" + on +
                           "BEGIN " + Tell(*table, "index", "new." + id) + "END");
  Execute(table->db(), "CREATE TRIGGER " + TriggerName(*table, "delete") + " AFTER DELETE" + on +
                           "BEGIN " + Tell(*table, "unindex", "old." + id) + "END");
  Execute(table->db(), "CREATE TRIGGER " + TriggerName(*table, "update") + " AFTER UPDATE" + on +
                           "WHEN " + changed + " BEGIN " + Tell(*table, "unindex", "old." + id) +
                           Tell(*table, "index", "new." + id) + "END");
}

void DropTriggers(Table* table) {
  for (const char* event : {"insert", "delete", "update"})
    Execute(table->db(), "DROP TRIGGER IF EXISTS " + TriggerName(*table, event));
  if (table->id != 0) return;
  // The table's id could not be read: they are known by what they do.
  const std::string schema = Quoted(table->shadow.schema());
  const std::string name = Quoted(table->shadow.table());
  std::vector<std::string> triggers;
  {
    Statement find(table->db(), "SELECT name FROM " + schema +
                                    ".sqlite_schema WHERE type = 'trigger' AND "
                                    "name GLOB 'semblance_*' AND instr(sql, ?1)");
    find.Bind(1, "INSERT INTO " + name + "(" + name + ", rowid)");
    while (find.Step()) triggers.push_back(find.Text(0));
  }
  for (const std::string& trigger : triggers)
    Execute(table->db(), "DROP TRIGGER " + schema + "." + Quoted(trigger));
}

void EnsureTriggers(Table* table) {
  bool there = false;
  {
    Statement find(table->db(), "SELECT count(*) FROM " + Quoted(table->shadow.schema()) +
                                    ".sqlite_schema WHERE type = 'trigger' AND name GLOB ?1");
    find.Bind(1, "semblance_" + engine::Hex(table->id) + "_*");
    there = find.Step() && find.Int(0) == 3;
  }
  if (there) return;
  DropTriggers(table);
  CreateTriggers(table);
}

void IndexRow(Table* table, int64_t row_id) {
  ContentRows rows(table, " WHERE " + table->columns.ContentRowId() + " = ?1");
  rows.statement().Bind(1, row_id);
  if (!rows.Next()) {
    UnindexRow(table, row_id);
    return;
  }
  std::vector<RowContent> contents = rows.Read();
  const uint64_t hash = HashOf(contents);
  for (size_t v = 0; v < contents.size(); ++v) table->shadow.SetWords(v, row_id, contents[v].text);
  if (table->shadow.SeenHash(row_id) == hash) return;
  const auto pending = PendingOfAll(table);
  table->shadow.WriteSeen(row_id, hash);
  for (size_t v = 0; v < contents.size(); ++v)
    PutContent(table, v, pending[v], row_id, std::move(contents[v]), true);
}

void UnindexRow(Table* table, int64_t row_id) {
  for (size_t v = 0; v < table->columns.vectors.size(); ++v) {
    table->Pending(v).Delete(row_id);
    table->shadow.SetWords(v, row_id, std::nullopt);
  }
  table->shadow.DeleteSeen(row_id);
}

void ForEachContent(Table* table,
                    const std::function<void(int64_t, const std::vector<RowContent>&)>& visit) {
  ContentRows rows(table, "");
  while (rows.Next()) visit(rows.row_id(), rows.Read());
}

void NoteEachRow(Table* table) {
  table->shadow.ClearSeen();
  ForEachContent(table, [&](int64_t row_id, const std::vector<RowContent>& contents) {
    table->shadow.WriteSeen(row_id, HashOf(contents));
  });
}

std::vector<std::string> StaleRows(Table* table) {
  constexpr size_t kMost = 10;
  std::vector<std::string> stale;
  ContentRows rows(table, "");
  while (rows.Next() && stale.size() < kMost) {
    const std::string row =
        "row " + std::to_string(rows.row_id()) + " of " + table->columns.content->name;
    const auto seen = table->shadow.SeenHash(rows.row_id());
    if (!seen) {
      stale.push_back(row + " is not indexed");
    } else if (*seen != HashOf(rows.Read())) {
      stale.push_back(row + " was changed since it was indexed");
    }
  }
  return stale;
}

}  // namespace semblance::sql
