#include "sql_ext/row_content.h"

#include <xxhash.h>

#include "sql_ext/guard.h"
#include "sql_ext/values.h"
#include "sql_ext/vector_value.h"

namespace semblance::sql {
namespace {

// Texts; long enough to sort by length, short enough for memory.
constexpr size_t kEmbedTogether = 512;

RowContent ReadContent(const Table& table, size_t vector, sqlite3_value* value) {
  RowContent content;
  if (sqlite3_value_nochange(value)) {
    content.unchanged = true;
    return content;
  }
  if (sqlite3_value_type(value) == SQLITE_NULL) return content;
  const std::string name = table.VectorColumnName(vector);
  if (!table.columns.Embeds(vector)) {
    content.vector = VectorFromValue(value, name);
    CheckVector(table, vector, table.columns.vectors[vector].dimension, *content.vector);
    return content;
  }
  if (sqlite3_value_type(value) == SQLITE_BLOB) {
    ThrowInvalid(name + " is embedded text, and this is " + Describe(value) +
                 "; for vectors of your own make a table with a FLOAT[n] column");
  }
  content.text = TextOf(value);
  return content;
}

}  // namespace

std::vector<RowContent> ReadContents(const Table& table, sqlite3_value** values) {
  std::vector<RowContent> contents;
  for (size_t v = 0; v < table.columns.vectors.size(); ++v)
    contents.push_back(ReadContent(table, v, values[table.columns.vectors[v].column]));
  return contents;
}

uint64_t HashOf(const std::vector<RowContent>& contents) {
  uint64_t hash = 0;
  for (const RowContent& content : contents) {
    if (content.text) {
      hash = XXH3_64bits_withSeed(content.text->data(), content.text->size(), hash + 1);
    } else if (content.vector) {
      hash = XXH3_64bits_withSeed(content.vector->data(), content.vector->size() * sizeof(float),
                                  hash + 1);
    } else {
      hash = XXH3_64bits_withSeed("", 0, ~hash);
    }
  }
  return hash;
}

std::vector<engine::PendingWrites*> PendingOfAll(Table* table) {
  std::vector<engine::PendingWrites*> pending;
  for (size_t v = 0; v < table->columns.vectors.size(); ++v) pending.push_back(&table->Pending(v));
  return pending;
}

void PutContent(Table* table, size_t vector, engine::PendingWrites* pending, int64_t row_id,
                RowContent content, bool was_there) {
  if (content.vector) {
    pending->Put(row_id, *content.vector);
  } else if (content.text) {
    pending->PutText(row_id, std::move(*content.text));
    if (pending->waiting_texts() >= kEmbedTogether)
      table->Flush(table->shadow.ReadState(vector), pending);
  } else if (was_there) {
    pending->Delete(row_id);
  }
}

}  // namespace semblance::sql
