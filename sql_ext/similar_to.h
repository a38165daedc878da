// similar_to(example, ... [, unlike(example, ...)]): a query made of examples instead of one text
// or vector. An example is a rowid of the table that is searched, a text, or a vector.
//
// The functions do not know that table; they hand their arguments to its MATCH as a pointer that
// only it can read. SQLite shows it as NULL to everything else, and forgets it in a sub-select.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "sql_ext/table.h"
#include "sql_ext/values.h"

namespace semblance::sql {

struct Examples {
  std::vector<ValuePtr> likes;  // at least one
  std::vector<ValuePtr> unlikes;
};

// What similar_to() gave; nullptr for any other value.
const Examples* ExamplesOf(sqlite3_value* value);

// Throws kQuery for what unlike() gave: by itself it says nothing to search for.
void RefuseUnlike(sqlite3_value* value);

struct ExampleQuery {
  std::vector<float> vector;
  std::vector<int64_t> rows;  // that are examples: a search leaves them out; ascending
};

// The query is  p + (p - n) / 2  with p the mean of the likes and n that of the unlikes, p where
// there are none; under cosine every example counts with length 1. `read` gives the vector of a
// text or a vector as MATCH reads it. nullopt: a row that is an example has no vector. Throws
// kNotFound for one that is not there, and kVector when nothing is left under cosine.
std::optional<ExampleQuery> QueryOf(
    const Examples& examples, Table* table, const TableState& state, const engine::View& view,
    const std::function<std::optional<std::vector<float>>(sqlite3_value*)>& read);

}  // namespace semblance::sql
