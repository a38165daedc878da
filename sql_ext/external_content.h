// content='docs', content_rowid='id': the rows are those of another table of the same file.
//
// The text stays where it is, once. Triggers on that table, which come and go with the virtual
// table, tell it which row was written, by the commands
//
//   INSERT INTO notes(notes, rowid) VALUES ('index', 17)      as row 17 is now in docs
//   INSERT INTO notes(notes, rowid) VALUES ('unindex', 17)    there is none any more
//
// A view has no triggers for it: whoever writes below it gives the commands, or 'rebuild'. What was
// changed without either is noticed by a hash of each row (integrity-check).
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "sql_ext/row_content.h"
#include "sql_ext/table.h"

namespace semblance::sql {

// Checks that the content table is there and has the columns, and gives columns without a type that
// of theirs. Throws engine::Error kSchema. `must_exist`: otherwise, of a table that is gone,
// nothing.
void MatchContentTable(sqlite3* db, const std::string& schema, bool must_exist,
                       TableSchema* columns);

// The triggers, for a table that is a table and not a view. Their names contain Table::id.
void CreateTriggers(Table* table);
void DropTriggers(Table* table);
// Makes them again where they went away with a table that another took the place of.
void EnsureTriggers(Table* table);

// Takes a row as it is in the content table; one that is not there is taken out.
void IndexRow(Table* table, int64_t row_id);
void UnindexRow(Table* table, int64_t row_id);

// Every row of the content table, as it is now; by no order.
void ForEachContent(Table* table,
                    const std::function<void(int64_t, const std::vector<RowContent>&)>& visit);
// Notes of every row of the content table that it is indexed as it is now.
void NoteEachRow(Table* table);
// Rows that are not indexed as they are now, in words.
std::vector<std::string> StaleRows(Table* table);

}  // namespace semblance::sql
