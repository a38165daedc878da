// From the name of a semblance table to what can be searched: for table-valued functions, which are
// given a name where other statements have the table itself.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sql_ext/statement.h"
#include "sql_ext/table.h"

namespace semblance::sql {

// One column to search by of one table, as the statement's transaction sees it when it is opened:
// the commit of its snapshot and its own uncommitted rows, by Table::ViewFor.
struct OpenedTable {
  Statement keeps;  // SQLite keeps the table object as long as this is there
  Table* table = nullptr;
  TableState state;
  engine::View view;

  const VectorColumn& column() const { return table->Vector(state); }
  // The rows of `view`, ascending; of a table with content= those that are still in its content,
  // which REPLACE may have taken rows out of without telling.
  std::vector<engine::RowPlace> Rows() const;
};

// `name`: notes or main.notes, neither quoted; as SQLite looks for it, in temp, main and then what
// is attached. `column`: none for the first. `function` names the asker in messages. Throws
// kInvalid for a table or a column that is not there, and what Table::ViewFor throws.
OpenedTable OpenTable(Connection* connection, const std::string& name,
                      const std::optional<std::string>& column, const std::string& function);

}  // namespace semblance::sql
