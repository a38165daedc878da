// The ordinary tables behind a virtual table t, and every statement run on them:
//
//   t_content   id INTEGER PRIMARY KEY, c0, c1, …   texts, metadata, auxiliary values; c<i> is
//               TableSchema::ContentIndex. A PARTITION KEY has an index, a TEXT PRIMARY KEY is
//               UNIQUE
//               With content=TABLE, which has the content, there is instead
//   t_seen      id INTEGER PRIMARY KEY, hash          rows that are indexed, and what of
//   t_fts       FTS5(text), of a first column with fts=; t_fts_1 of the second column to search
//               by, … Without content, but for tables with content=
//   t_state     key TEXT PRIMARY KEY, value           of the table: format, table, store; of its
//               first column to search by: collection, commit, model, model_id, dimension; of its
//               second: collection.1, commit.1, …
//
// Owner: a virtual table object. Errors: SqliteError; engine::Error kCorruption for a state that
// cannot be read.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "sql_ext/statement.h"
#include "sql_ext/table_schema.h"

namespace semblance::sql {

// Where the vectors of one column are.
struct TableState {
  size_t vector = 0;        // of TableSchema::vectors
  uint64_t table = 0;       // random id of the table, for as long as it lives
  std::string store;        // id of the store that has its vectors
  uint64_t collection = 0;  // in that store
  uint64_t commit = 0;      // of the collection; 0: nothing written yet
  std::string model;        // name at the time; empty for FLOAT[n]
  std::string model_id;
  uint32_t dimension = 0;
};

class ShadowTables {
 public:
  ShadowTables(sqlite3* db, std::string schema, std::string table, const TableSchema* columns)
      : db_(db), schema_(std::move(schema)), table_(std::move(table)), columns_(columns) {}

  // One state a column to search by.
  void Create(std::span<const TableState> states);
  void Drop();
  void Rename(const std::string& new_name);

  // As this connection's transaction sees it.
  TableState ReadState(size_t vector);
  void WriteState(const TableState& state);
  void WriteCommit(size_t vector, uint64_t commit);

  bool Has(int64_t row_id);
  // The row with this TEXT PRIMARY KEY.
  std::optional<int64_t> RowWithKey(sqlite3_value* key);
  // Values in table column order; those of a vector column are ignored. `row_id`: none lets SQLite
  // choose.
  int64_t Insert(std::optional<int64_t> row_id, sqlite3_value** values);
  // Leaves columns whose value is unchanged (sqlite3_value_nochange) as they are.
  void Update(int64_t row_id, int64_t new_row_id, sqlite3_value** values);
  void Delete(int64_t row_id);
  // Of an EMBED column; nullopt: NULL or no such row.
  std::optional<std::string> Text(size_t vector, int64_t row_id);
  // Every row with a text, by id.
  void ForEachText(size_t vector, const std::function<void(int64_t, std::string)>& visit);

  // The FTS5 tables anew from the texts.
  void RebuildWords();
  // Of a table with content=: the words of a row become those of the text, if its column has fts=.
  void SetWords(size_t vector, int64_t row_id, const std::optional<std::string>& text);
  // "schema"."t_fts", quoted.
  std::string FtsName(size_t vector) const { return Name(FtsSuffix(vector)); }
  std::string FtsTable(size_t vector) const { return table_ + FtsSuffix(vector); }

  // Every row id, ascending.
  void ForEachRow(const std::function<void(int64_t)>& visit);

  // The hash of what a row of an external content table had when it was indexed; nullopt: it is
  // not.
  std::optional<uint64_t> SeenHash(int64_t row_id);
  void WriteSeen(int64_t row_id, uint64_t hash);
  void DeleteSeen(int64_t row_id);
  void ClearSeen();

  // The table with the content, quoted: "schema"."t_content", or the external one.
  std::string ContentName() const;
  // A statement kept for next time; reset it after use. Throws as Statement does.
  Statement& Prepared(const std::string& sql);
  sqlite3* db() const { return db_; }
  const std::string& schema() const { return schema_; }
  const std::string& table() const { return table_; }

 private:
  std::string Name(const std::string& suffix) const {
    return Quoted(schema_) + "." + Quoted(table_ + suffix);
  }
  void CreateContent(uint64_t table);
  // Calls with each column to search by that has an FTS5 table.
  template <typename Visit>
  void ForEachFts(Visit&& visit) {
    for (size_t v = 0; v < columns_->vectors.size(); ++v) {
      if (!columns_->vectors[v].fts.empty()) visit(v);
    }
  }
  void CreateWords();  // this and the next in shadow_words.cc
  void AddWords(size_t vector, int64_t row_id, const std::optional<std::string>& text);
  void RemoveWords(size_t vector, int64_t row_id, const std::optional<std::string>& text);
  std::vector<std::string> Suffixes() const;
  static std::string FtsSuffix(size_t vector) {
    return "_fts" + (vector == 0 ? "" : "_" + std::to_string(vector));
  }

  sqlite3* const db_;
  const std::string schema_;
  std::string table_;
  const TableSchema* const columns_;
  std::map<std::string, Statement> statements_;
};

// The collections of every semblance table in a database file, as it is committed: read through a
// connection of its own, so that what the caller's transaction changed is not seen. nullopt when
// one cannot be read, or the file is locked or in memory.
std::optional<std::vector<uint64_t>> LiveCollections(const char* file);

// The tables of the main database of `db`, with the id of the store that each has its vectors in.
std::vector<std::pair<std::string, std::string>> StoresOfTables(sqlite3* db);

}  // namespace semblance::sql
