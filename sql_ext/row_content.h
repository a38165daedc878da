// What a row brings for the columns to search by.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sql_ext/table.h"

namespace semblance::sql {

// Of one EMBED or FLOAT[n] column: a text, a vector, or neither for NULL.
struct RowContent {
  bool unchanged = false;  // an UPDATE leaves it
  std::optional<std::string> text;
  std::optional<std::vector<float>> vector;
};

// Of each of TableSchema::vectors, checked. `values`: the declared columns in order. Throws
// engine::Error kInvalid that names the column.
std::vector<RowContent> ReadContents(const Table& table, sqlite3_value** values);

// By which it is noticed that a row has something else now. XXH3, 64 bits, over texts and vectors.
uint64_t HashOf(const std::vector<RowContent>& contents);

// What the transaction has written of each of TableSchema::vectors, to write more. Throws where
// that cannot be, before anything is written. Valid until the statement ends.
std::vector<engine::PendingWrites*> PendingOfAll(Table* table);

// A vector or text of a row into `pending` of its column, texts once there are enough of them
// embedded together. `was_there`: NULL removes the row's vector.
void PutContent(Table* table, size_t vector, engine::PendingWrites* pending, int64_t row_id,
                RowContent content, bool was_there);

}  // namespace semblance::sql
