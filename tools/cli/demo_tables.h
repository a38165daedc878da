// The demo's tables: what they hold, and what is asked of them.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "tools/cli/connection.h"

namespace semblance::cli {

// One question: the same words to the semantic table and to a table of FTS5 over the same text.
struct DemoQuery {
  std::string words;
  std::string filter;  // SQL over the metadata; may be empty
};

struct DemoTable {
  std::string name;
  std::string what;         // "packages of this system's catalogue"
  std::string text_column;  // EMBED
  std::string create_sql;
  std::vector<std::string> columns;  // that INSERT names; text_column is one of them
  std::string shown;                 // columns of an answer, in SQL
  std::vector<DemoQuery> queries;
  uint64_t rows = 0;
  // Calls with every row's values, as columns says.
  std::function<void(const std::function<void(const std::vector<Value>&)>&)> for_each_row;
};

// What this system has: packages, glosses. Empty when it has neither.
std::vector<DemoTable> SystemTables(uint64_t limit);
// Lines of a text file; the questions are three of its own lines.
DemoTable TextTableOf(const std::string& file, uint64_t limit);

}  // namespace semblance::cli
