// The columns of a table made with USING semblance(...), and how such a table is made.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tools/cli/connection.h"

namespace semblance::cli {

struct Column {
  std::string name;
  std::string type;  // "TEXT", "INTEGER", "REAL"
};

struct TableShape {
  std::string table;
  std::string searched;         // the EMBED column, or the FLOAT[d] column
  bool text = true;             // EMBED: searched by words; false: by vectors
  std::vector<Column> columns;  // all that INSERT can name, the searched one too

  std::vector<std::string> ColumnNames() const;
  const Column* Find(
      const std::string& name) const;  // as SQL compares names: ASCII case does not matter
};

// Splits at commas outside parentheses, brackets and quotes; parts are trimmed.
std::vector<std::string> SplitArguments(const std::string& text);
// What stands in the outermost parentheses of such a statement, split; nothing when there are none.
std::vector<std::string> ArgumentsOf(const std::string& create_sql);
// The name that a column definition begins with, unquoted; `rest` is what follows, in capitals.
std::string TakeName(const std::string& definition, std::string* rest);
// A name as SQL takes it, quoted where it must be.
std::string Spell(const std::string& name);
// The column that a CREATE VIRTUAL TABLE ... USING semblance(...) statement marks EMBED, or
// FLOAT[...].
std::optional<std::string> SearchedColumn(const std::string& create_sql, bool* text);

// nullopt when the database has nothing of that name; throws SqlError when it is another kind of
// table.
std::optional<TableShape> ReadTableShape(Connection* connection, const std::string& table);
std::vector<std::string> SemblanceTables(Connection* connection);

// `model`: empty for the default one.
std::string CreateTableSql(const TableShape& shape, const std::string& model);
std::string InsertSql(const TableShape& shape);  // with a parameter for each column

}  // namespace semblance::cli
