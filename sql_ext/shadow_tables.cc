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

int ShadowTables::ContentCount() const {
  return static_cast<int>(columns_->columns.size()) - (columns_->embeds() ? 0 : 1);
}

void ShadowTables::Create(const TableState& state) {
  std::string sql = "CREATE TABLE " + ContentName() + "(id INTEGER PRIMARY KEY";
  for (size_t i = 0; i < columns_->columns.size(); ++i) {
    const int c = columns_->ContentIndex(i);
    if (c >= 0) sql += ", c" + std::to_string(c) + " " + columns_->columns[i].type;
  }
  Execute(db_, sql + ")");
  Execute(db_, "CREATE TABLE " + Name("_state") + "(key TEXT PRIMARY KEY, value) WITHOUT ROWID");
  WriteState(state);
}

void ShadowTables::Drop() {
  statements_.clear();
  Execute(db_, "DROP TABLE IF EXISTS " + ContentName());
  Execute(db_, "DROP TABLE IF EXISTS " + Name("_state"));
}

void ShadowTables::Rename(const std::string& new_name) {
  statements_.clear();
  for (const char* suffix : {"_content", "_state"}) {
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

TableState ShadowTables::ReadState() {
  Statement& read = Prepared("SELECT key, value FROM " + Name("_state"));
  const ResetAtExit reset(&read);
  TableState state;
  std::string format;
  while (read.Step()) {
    const std::string key = read.Text(0);
    if (key == "format") format = read.Text(1);
    if (key == "table") state.table = engine::FromHex(read.Text(1));
    if (key == "collection") state.collection = engine::FromHex(read.Text(1));
    if (key == "commit") state.commit = static_cast<uint64_t>(read.Int(1));
    if (key == "store") state.store = read.Text(1);
    if (key == "model") state.model = read.Text(1);
    if (key == "model_id") state.model_id = read.Text(1);
    if (key == "dimension") state.dimension = static_cast<uint32_t>(ToNumber(read.Text(1)));
  }
  if (format != kFormat) {
    throw engine::Error(engine::ErrorKind::kCorruption,
                        "table " + table_ + " has format '" + format +
                            "', and this version reads format " + kFormat);
  }
  const bool other = columns_->dimension != 0 && state.dimension != columns_->dimension;
  if (state.dimension < 1 || state.dimension > index::kMaxDimension || other) {
    throw engine::Error(engine::ErrorKind::kCorruption,
                        "the state of table " + table_ + " names dimension " +
                            std::to_string(state.dimension) + ", which cannot be");
  }
  return state;
}

void ShadowTables::WriteState(const TableState& state) {
  const std::pair<const char*, std::string> texts[] = {
      {"format", kFormat},
      {"table", engine::Hex(state.table)},
      {"collection", engine::Hex(state.collection)},
      {"store", state.store},
      {"model", state.model},
      {"model_id", state.model_id},
      {"dimension", std::to_string(state.dimension)}};
  for (const auto& [key, value] : texts) {
    Statement& write = Prepared("REPLACE INTO " + Name("_state") + " VALUES(?1, ?2)");
    write.Bind(1, std::string_view(key));
    write.Bind(2, std::string_view(value));
    write.Run();
  }
  WriteCommit(state.commit);
}

void ShadowTables::WriteCommit(uint64_t commit) {
  Statement& write = Prepared("REPLACE INTO " + Name("_state") + " VALUES('commit', ?1)");
  write.Bind(1, static_cast<int64_t>(commit));
  write.Run();
}

bool ShadowTables::Has(int64_t row_id) {
  Statement& find = Prepared("SELECT 1 FROM " + ContentName() + " WHERE id = ?1");
  const ResetAtExit reset(&find);
  find.Bind(1, row_id);
  return find.Step();
}

int64_t ShadowTables::Insert(std::optional<int64_t> row_id, sqlite3_value** values) {
  std::string sql = "INSERT INTO " + ContentName() + " VALUES(?1";
  for (int c = 0; c < ContentCount(); ++c) sql += ", ?" + std::to_string(c + 2);
  Statement& insert = Prepared(sql + ")");
  sqlite3_clear_bindings(insert.handle());
  if (row_id) insert.Bind(1, *row_id);
  for (size_t i = 0; i < columns_->columns.size(); ++i) {
    const int c = columns_->ContentIndex(i);
    if (c >= 0) insert.Bind(c + 2, values[i]);
  }
  insert.Run();
  return row_id ? *row_id : sqlite3_last_insert_rowid(db_);
}

void ShadowTables::Update(int64_t row_id, int64_t new_row_id, sqlite3_value** values) {
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
}

void ShadowTables::Delete(int64_t row_id) {
  Statement& remove = Prepared("DELETE FROM " + ContentName() + " WHERE id = ?1");
  remove.Bind(1, row_id);
  remove.Run();
}

std::optional<std::string> ShadowTables::Text(int64_t row_id) {
  const std::string column = "c" + std::to_string(columns_->ContentIndex(columns_->vector_column));
  Statement& read = Prepared("SELECT " + column + " FROM " + ContentName() + " WHERE id = ?1");
  const ResetAtExit reset(&read);
  read.Bind(1, row_id);
  if (!read.Step() || read.IsNull(0)) return std::nullopt;
  return read.Text(0);
}

void ShadowTables::ForEachText(const std::function<void(int64_t, std::string)>& visit) {
  const std::string column = "c" + std::to_string(columns_->ContentIndex(columns_->vector_column));
  Statement read(db_, "SELECT id, " + column + " FROM " + ContentName() + " WHERE " + column +
                          " IS NOT NULL ORDER BY id");
  while (read.Step()) visit(read.Int(0), read.Text(1));
}

void ShadowTables::ForEachRow(const std::function<void(int64_t)>& visit) {
  Statement read(db_, "SELECT id FROM " + ContentName() + " ORDER BY id");
  while (read.Step()) visit(read.Int(0));
}

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
      Statement state = OverForeignTable(db,
                                         "SELECT max(value) FILTER (WHERE key = 'collection'), "
                                         "count(*) FILTER (WHERE key IN ('table', 'store')) FROM " +
                                             Quoted(tables.Text(0)));
      if (state.handle() == nullptr || !state.Step()) continue;
      const std::string collection = state.Text(0);
      if (collection.size() == 16) {
        live.push_back(engine::FromHex(collection));
      } else if (state.Int(1) > 0) {
        return std::nullopt;  // a table of ours, damaged
      }
    }
  } catch (const std::exception&) {
    return std::nullopt;
  }
  return live;
}

}  // namespace semblance::sql
