// Whether the FTS5 table of a column with fts= has the words of the rows, and nothing else.
//
// FTS5 itself compares an index only with a content table of its own. Here the index is read once,
// by fts5vocab, into one number a row, and each text is split by FTS5's own tokenizer into the
// number that it ought to be. Memory: 16 bytes a row, and a hash table's own.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "sql_ext/table.h"

namespace semblance::sql {

// What does not agree, in words, at most ten of them; empty: all does, or the column has no fts=.
// Makes a temporary table, and drops it. Throws SqliteError, and kInterrupted.
std::vector<std::string> WordProblems(Table* table, size_t vector);

}  // namespace semblance::sql
