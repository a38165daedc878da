// Fills a demo database, with a table of FTS5 beside each semantic one for comparison.
#pragma once

#include "tools/cli/connection.h"
#include "tools/cli/demo_tables.h"
#include "tools/cli/text_table.h"

namespace semblance::cli {

// Adds a row (phase, rows, time) to `phases` for each thing it did. Throws SqlError "interrupted"
// on Ctrl-C.
void BuildDemoTable(Connection* connection, const DemoTable& table, TextTable* phases);

}  // namespace semblance::cli
