// The FTS5 tables of columns with fts=.
//
// FTS5 takes words out of an index without content only by the text that they came from, which a
// table that keeps its rows itself always has. With content=TABLE the old text may be gone before
// anybody is told, so there the FTS5 table has a copy of it.
#include "sql_ext/guard.h"
#include "sql_ext/shadow_tables.h"

namespace semblance::sql {

void ShadowTables::CreateWords() {
  const std::string content = columns_->content ? "" : ", content=''";
  ForEachFts([&](size_t v) {
    try {
      Execute(db_, "CREATE VIRTUAL TABLE " + FtsName(v) + " USING fts5(text" + content +
                       ", tokenize='" + columns_->vectors[v].fts + "')");
    } catch (const SqliteError& error) {
      if (std::string_view(error.what()).find("no such module") == std::string_view::npos) throw;
      throw SqliteError(error.code(),
                        "fts= of column " + columns_->VectorName(v) +
                            " needs FTS5 in the program's SQLite: " + error.what(),
                        "E_HOST");
    }
  });
}

void ShadowTables::AddWords(size_t vector, int64_t row_id, const std::optional<std::string>& text) {
  if (!text) return;
  Statement& add = Prepared("INSERT INTO " + FtsName(vector) + "(rowid, text) VALUES(?1, ?2)");
  add.Bind(1, row_id);
  add.Bind(2, std::string_view(*text));
  add.Run();
}

void ShadowTables::RemoveWords(size_t vector, int64_t row_id,
                               const std::optional<std::string>& text) {
  if (!text) return;
  Statement& remove = Prepared("INSERT INTO " + FtsName(vector) + "(" + Quoted(FtsTable(vector)) +
                               ", rowid, text) VALUES('delete', ?1, ?2)");
  remove.Bind(1, row_id);
  remove.Bind(2, std::string_view(*text));
  remove.Run();
}

void ShadowTables::SetWords(size_t vector, int64_t row_id, const std::optional<std::string>& text) {
  if (columns_->vectors[vector].fts.empty()) return;
  Statement& remove = Prepared("DELETE FROM " + FtsName(vector) + " WHERE rowid = ?1");
  remove.Bind(1, row_id);
  remove.Run();
  AddWords(vector, row_id, text);
}

void ShadowTables::RebuildWords() {
  ForEachFts([&](size_t v) {
    const std::string command = "INSERT INTO " + FtsName(v) + "(" + Quoted(FtsTable(v)) + ") ";
    if (columns_->content) {
      // A damaged index cannot give up its rows one by one.
      Execute(db_, command + "VALUES('rebuild')");
      Execute(db_, "DELETE FROM " + FtsName(v));
    } else {
      Execute(db_, command + "VALUES('delete-all')");
    }
    ForEachText(v, [&](int64_t row_id, std::string text) { AddWords(v, row_id, std::move(text)); });
  });
}

}  // namespace semblance::sql
