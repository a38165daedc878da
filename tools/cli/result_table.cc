#include "tools/cli/result_table.h"

#include <string>
#include <utility>
#include <vector>

namespace semblance::cli {

TextTable ReadTable(Statement* statement) {
  const int columns = statement->column_count();
  std::vector<std::string> headings;
  for (int i = 0; i < columns; ++i) headings.push_back(statement->ColumnName(i));
  TextTable table(std::move(headings));
  std::vector<bool> text(static_cast<size_t>(columns), false);
  while (statement->Step()) {
    std::vector<std::string> cells;
    for (int i = 0; i < columns; ++i) {
      if (!statement->IsNumber(i) && !statement->IsNull(i)) text[static_cast<size_t>(i)] = true;
      cells.push_back(statement->Text(i));
    }
    table.AddRow(std::move(cells));
  }
  for (size_t i = 0; i < text.size(); ++i) {
    if (!text[i]) table.AlignRight(i);
  }
  return table;
}

}  // namespace semblance::cli
