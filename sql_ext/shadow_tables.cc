#include "sql_ext/shadow_tables.h"

#include <charconv>
#include <memory>

#include "engine/error.h"
#include "engine/row_codec.h"
#include "sql_ext/guard.h"

namespace semblance::sql {
namespace {

constexpr char kFormat[] = "1";
constexpr size_t kKeptStatements = 64;

uint64_t ToNumber(const std::string& text) {
  uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

// Of the keys in t_state that are of one column to search by.
std::string KeySuffix(size_t vector) { return vector == 0 ? "" : "." + std::to_string(vector); }

// A statement over a table that may be somebody else's: empty when it has no such columns.
Statement OverForeignTable(sqlite3* db, const std::string& sql) {
  try {
    return Statement(db, sql);
  } catch (const SqliteError& error) {
    if (error.code() != SQLITE_ERROR) throw;
    return Statement();
  }
}

}  // namespace

std::string ShadowTables::ContentName() const {
  return columns_->content ? Quoted(schema_) + "." + Quoted(columns_->content->name)
                           : Name("_content");
}

std::vector<std::string> ShadowTables::Suffixes() const {
  std::vector<std::string> suffixes = {columns_->content ? "_seen" : "_content", "_state"};
  for (size_t v = 0; v < columns_->vectors.size(); ++v) {
    if (!columns_->vectors[v].fts.empty()) suffixes.push_back(FtsSuffix(v));
  }
  return suffixes;
}

void ShadowTables::Create(std::span<const TableState> states) {
  if (columns_->content) {
    Execute(db_, "CREATE TABLE " + Name("_seen") + "(id INTEGER PRIMARY KEY, hash INTEGER)");
  } else {
    CreateContent(states[0].table);
  }
  Execute(db_, "CREATE TABLE " + Name("_state") + "(key TEXT PRIMARY KEY, value) WITHOUT ROWID");
  CreateWords();
  for (const TableState& state : states) WriteState(state);
}

void ShadowTables::CreateContent(uint64_t table) {
  std::string sql = "CREATE TABLE " + ContentName() + "(id INTEGER PRIMARY KEY";
  for (size_t i = 0; i < columns_->columns.size(); ++i) {
    if (columns_->ContentIndex(i) < 0) continue;
    sql += ", " + columns_->ContentColumn(i) + " " + columns_->columns[i].type;
    if (columns_->columns[i].role == TableColumn::Role::kKey) sql += " NOT NULL UNIQUE";
  }
  Execute(db_, sql + ")");
  for (size_t i = 0; i < columns_->columns.size(); ++i) {
    if (columns_->columns[i].role != TableColumn::Role::kPartition) continue;
    // Its name stays when the table gets another one.
    Execute(db_, "CREATE INDEX " + Quoted(schema_) + "." +
                     Quoted("semblance_" + engine::Hex(table) + "_" + columns_->ContentColumn(i)) +
                     " ON " + Quoted(table_ + "_content") + "(" + columns_->ContentColumn(i) + ")");
  }
}

void ShadowTables::Drop() {
  statements_.clear();
  for (const std::string& suffix : Suffixes()) Execute(db_, "DROP TABLE IF EXISTS " + Name(suffix));
}

void ShadowTables::Rename(const std::string& new_name) {
  statements_.clear();
  for (const std::string& suffix : Suffixes()) {
    Execute(db_, "ALTER TABLE " + Name(suffix) + " RENAME TO " + Quoted(new_name + suffix));
  }
  table_ = new_name;
}

Statement& ShadowTables::Prepared(const std::string& sql) {
  const auto known = statements_.find(sql);
  if (known != statements_.end()) return known->second;
  if (statements_.size() >= kKeptStatements) statements_.clear();
  return statements_.emplace(sql, Statement(db_, sql, true)).first->second;
}

TableState ShadowTables::ReadState(size_t vector) {
  Statement& read = Prepared("SELECT key, value FROM " + Name("_state"));
  const ResetAtExit reset(&read);
  const std::string suffix = KeySuffix(vector);
  TableState state;
  state.vector = vector;
  std::string format;
  while (read.Step()) {
    const std::string key = read.Text(0);
    if (key == "format") format = read.Text(1);
    if (key == "table") state.table = engine::FromHex(read.Text(1));
    if (key == "store") state.store = read.Text(1);
    if (!key.ends_with(suffix)) continue;
    const std::string_view own(key.data(), key.size() - suffix.size());
    if (own == "collection") state.collection = engine::FromHex(read.Text(1));
    if (own == "commit") state.commit = static_cast<uint64_t>(read.Int(1));
    if (own == "model") state.model = read.Text(1);
    if (own == "model_id") state.model_id = read.Text(1);
    if (own == "dimension") state.dimension = static_cast<uint32_t>(ToNumber(read.Text(1)));
  }
  if (format != kFormat) {
    throw engine::Error(engine::ErrorKind::kCorruption,
                        "table " + table_ + " has format '" + format +
                            "', and this version reads format " + kFormat);
  }
  const uint32_t declared = columns_->vectors[vector].dimension;
  const bool other = declared != 0 && state.dimension != declared;
  if (state.dimension < 1 || state.dimension > index::kMaxDimension || other) {
    throw engine::Error(engine::ErrorKind::kCorruption,
                        "the state of table " + table_ + " names dimension " +
                            std::to_string(state.dimension) + ", which cannot be");
  }
  return state;
}

void ShadowTables::WriteState(const TableState& state) {
  const std::string suffix = KeySuffix(state.vector);
  const std::pair<std::string, std::string> texts[] = {
      {"format", kFormat},
      {"table", engine::Hex(state.table)},
      {"store", state.store},
      {"collection" + suffix, engine::Hex(state.collection)},
      {"model" + suffix, state.model},
      {"model_id" + suffix, state.model_id},
      {"dimension" + suffix, std::to_string(state.dimension)}};
  for (const auto& [key, value] : texts) {
    Statement& write = Prepared("REPLACE INTO " + Name("_state") + " VALUES(?1, ?2)");
    write.Bind(1, std::string_view(key));
    write.Bind(2, std::string_view(value));
    write.Run();
  }
  WriteCommit(state.vector, state.commit);
}

void ShadowTables::WriteCommit(size_t vector, uint64_t commit) {
  Statement& write =
      Prepared("REPLACE INTO " + Name("_state") + " VALUES('commit" + KeySuffix(vector) + "', ?1)");
  write.Bind(1, static_cast<int64_t>(commit));
  write.Run();
}

bool ShadowTables::Has(int64_t row_id) {
  Statement& find = Prepared("SELECT 1 FROM " + ContentName() + " WHERE id = ?1");
  const ResetAtExit reset(&find);
  find.Bind(1, row_id);
  return find.Step();
}

std::optional<int64_t> ShadowTables::RowWithKey(sqlite3_value* key) {
  const auto column = columns_->ColumnOf(TableColumn::Role::kKey);
  Statement& find = Prepared("SELECT id FROM " + ContentName() + " WHERE " +
                             columns_->ContentColumn(*column) + " = ?1");
  const ResetAtExit reset(&find);
  find.Bind(1, key);
  if (!find.Step()) return std::nullopt;
  return find.Int(0);
}

int64_t ShadowTables::Insert(std::optional<int64_t> row_id, sqlite3_value** values) {
  std::string sql = "INSERT INTO " + ContentName() + " VALUES(?1";
  for (int c = 0; c < columns_->ContentCount(); ++c) sql += ", ?" + std::to_string(c + 2);
  Statement& insert = Prepared(sql + ")");
  sqlite3_clear_bindings(insert.handle());
  if (row_id) insert.Bind(1, *row_id);
  for (size_t i = 0; i < columns_->columns.size(); ++i) {
    const int c = columns_->ContentIndex(i);
    if (c >= 0) insert.Bind(c + 2, values[i]);
  }
  insert.Run();
  const int64_t made = row_id ? *row_id : sqlite3_last_insert_rowid(db_);
  ForEachFts([&](size_t v) { AddWords(v, made, Text(v, made)); });
  return made;
}

void ShadowTables::Update(int64_t row_id, int64_t new_row_id, sqlite3_value** values) {
  std::vector<size_t> reworded;
  ForEachFts([&](size_t v) {
    if (new_row_id == row_id && sqlite3_value_nochange(values[columns_->vectors[v].column])) return;
    RemoveWords(v, row_id, Text(v, row_id));
    reworded.push_back(v);
  });
  std::string sql = "UPDATE " + ContentName() + " SET id = ?2";
  for (size_t i = 0; i < columns_->columns.size(); ++i) {
    const int c = columns_->ContentIndex(i);
    if (c < 0 || sqlite3_value_nochange(values[i])) continue;
    sql += ", c" + std::to_string(c) + " = ?" + std::to_string(c + 3);
  }
  Statement& update = Prepared(sql + " WHERE id = ?1");
  update.Bind(1, row_id);
  update.Bind(2, new_row_id);
  for (size_t i = 0; i < columns_->columns.size(); ++i) {
    const int c = columns_->ContentIndex(i);
    if (c >= 0 && !sqlite3_value_nochange(values[i])) update.Bind(c + 3, values[i]);
  }
  update.Run();
  for (size_t v : reworded) AddWords(v, new_row_id, Text(v, new_row_id));
}

void ShadowTables::Delete(int64_t row_id) {
  ForEachFts([&](size_t v) { RemoveWords(v, row_id, Text(v, row_id)); });
  Statement& remove = Prepared("DELETE FROM " + ContentName() + " WHERE id = ?1");
  remove.Bind(1, row_id);
  remove.Run();
}

std::optional<std::string> ShadowTables::Text(size_t vector, int64_t row_id) {
  Statement& read =
      Prepared("SELECT " + columns_->ContentColumn(columns_->vectors[vector].column) + " FROM " +
               ContentName() + " WHERE " + columns_->ContentRowId() + " = ?1");
  const ResetAtExit reset(&read);
  read.Bind(1, row_id);
  if (!read.Step() || read.IsNull(0)) return std::nullopt;
  return read.Text(0);
}

void ShadowTables::ForEachText(size_t vector,
                               const std::function<void(int64_t, std::string)>& visit) {
  const std::string column = columns_->ContentColumn(columns_->vectors[vector].column);
  const std::string id = columns_->ContentRowId();
  Statement read(db_, "SELECT " + id + ", " + column + " FROM " + ContentName() + " WHERE " +
                          column + " IS NOT NULL AND " + id + " IS NOT NULL ORDER BY " + id);
  while (read.Step()) visit(read.Int(0), read.Text(1));
}

void ShadowTables::ForEachRow(const std::function<void(int64_t)>& visit) {
  const std::string id = columns_->ContentRowId();
  Statement read(db_, "SELECT " + id + " FROM " + ContentName() + " ORDER BY " + id);
  while (read.Step()) visit(read.Int(0));
}

std::optional<uint64_t> ShadowTables::SeenHash(int64_t row_id) {
  Statement& read = Prepared("SELECT hash FROM " + Name("_seen") + " WHERE id = ?1");
  const ResetAtExit reset(&read);
  read.Bind(1, row_id);
  if (!read.Step()) return std::nullopt;
  return static_cast<uint64_t>(read.Int(0));
}

void ShadowTables::WriteSeen(int64_t row_id, uint64_t hash) {
  Statement& write = Prepared("REPLACE INTO " + Name("_seen") + " VALUES(?1, ?2)");
  write.Bind(1, row_id);
  write.Bind(2, static_cast<int64_t>(hash));
  write.Run();
}

void ShadowTables::DeleteSeen(int64_t row_id) {
  Statement& remove = Prepared("DELETE FROM " + Name("_seen") + " WHERE id = ?1");
  remove.Bind(1, row_id);
  remove.Run();
}

void ShadowTables::ClearSeen() { Execute(db_, "DELETE FROM " + Name("_seen")); }

std::optional<std::vector<uint64_t>> LiveCollections(const char* file) {
  if (file == nullptr || *file == '\0') return std::nullopt;
  sqlite3* db = nullptr;
  const int opened = sqlite3_open_v2(file, &db, SQLITE_OPEN_READONLY, nullptr);
  const std::unique_ptr<sqlite3, int (*)(sqlite3*)> close(
      db, [](sqlite3* d) { return sqlite3_close(d); });
  if (opened != SQLITE_OK) return std::nullopt;
  std::vector<uint64_t> live;
  try {
    // By the shadow tables: the text of CREATE VIRTUAL TABLE may be written in many ways.
    Statement tables(db,
                     "SELECT name FROM sqlite_schema WHERE type = 'table' AND rootpage > 0 "
                     "AND name LIKE '%\\_state' ESCAPE '\\'");
    while (tables.Step()) {
      Statement state = OverForeignTable(
          db, "SELECT key, value FROM " + Quoted(tables.Text(0)) +
                  " WHERE key GLOB 'collection*' OR key GLOB 'model_id*' OR key = 'table'");
      if (state.handle() == nullptr) continue;
      size_t found = 0;
      size_t expected = 0;  // one a column to search by
      bool ours = false;
      while (state.Step()) {
        const std::string key = state.Text(0);
        const std::string value = state.Text(1);
        ours |= key == "table";
        if (key.starts_with("model_id")) ++expected;
        if (!key.starts_with("collection") || value.size() != 16) continue;
        live.push_back(engine::FromHex(value));
        ++found;
      }
      if (ours && (found == 0 || found != expected)) return std::nullopt;  // damaged
    }
  } catch (const std::exception&) {
    return std::nullopt;
  }
  return live;
}

std::vector<std::pair<std::string, std::string>> StoresOfTables(sqlite3* db) {
  std::vector<std::pair<std::string, std::string>> stores;
  constexpr std::string_view kEnd = "_state";
  Statement tables(db,
                   "SELECT name FROM sqlite_schema WHERE type = 'table' AND rootpage > 0 "
                   "AND name LIKE '%\\_state' ESCAPE '\\'");
  while (tables.Step()) {
    std::string name(tables.Text(0));
    const std::string state = Quoted(name);
    Statement store = OverForeignTable(
        db, "SELECT value FROM " + state + " WHERE key = 'store' AND EXISTS (SELECT 1 FROM " +
                state + " WHERE key = 'table')");
    if (store.handle() == nullptr || !store.Step()) continue;
    name.resize(name.size() - kEnd.size());
    stores.emplace_back(std::move(name), store.Text(0));
  }
  return stores;
}

}  // namespace semblance::sql
