// similar_to(example, ... [, unlike(example, ...)]): a query made of examples instead of one text
// or vector. An example is a rowid of the table that is searched, a text, or a vector.
//
// The functions do not know that table: what they give (sql_ext/made_query.h) is for its MATCH, or
// for hybrid() in the place of the meaning.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "sql_ext/made_query.h"
#include "sql_ext/table.h"

namespace semblance::sql {

struct ExampleQuery {
  std::vector<float> vector;
  std::vector<int64_t> rows;  // that are examples: a search leaves them out; ascending
};

// The query is  p + (p - n) / 2  with p the mean of the likes and n that of the unlikes, p where
// there are none; under cosine every example counts with length 1. `read` gives the vector of an
// example that is no row. nullopt: a row that is an example has no vector. Throws kQuery for what
// unlike() alone gave, kNotFound for a row that is not there, and kVector when nothing is left
// under cosine.
std::optional<ExampleQuery> QueryOf(const Examples& examples, Table* table, const TableState& state,
                                    const engine::View& view,
                                    const std::function<std::vector<float>(const Example&)>& read);

}  // namespace semblance::sql
