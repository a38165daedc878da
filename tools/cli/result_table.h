// Rows of a statement as a table.
#pragma once

#include <cstddef>

#include "tools/cli/connection.h"
#include "tools/cli/text_table.h"

namespace semblance::cli {

// Steps through all rows. Columns that hold only numbers are aligned to the right; NULL is an empty
// cell.
TextTable ReadTable(Statement* statement);

}  // namespace semblance::cli
