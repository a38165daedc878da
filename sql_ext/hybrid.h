// hybrid(words, meaning [, weight]): one search by words and by meaning. The meaning is a text, a
// vector or what similar_to() gives.
//
// Reciprocal rank fusion (Cormack, Clarke and Büttcher, SIGIR 2009), scaled so that the row which
// is first by both has score 1:
//
//   score = 61 * ((1 - weight) / (60 + word_rank) + weight / (60 + meaning_rank))
//
// with ranks from 1, and nothing from a side that has not found the row. distance is 1 - score.
// Words are ranked by FTS5's bm25 over the table that fts= keeps; a row with any of them counts.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "sql_ext/shadow_tables.h"

namespace semblance::sql {

struct RankedRow {
  int64_t row_id = 0;
  double distance = 0;
  std::optional<int64_t> word_rank;
  std::optional<int64_t> meaning_rank;
};

// Rows that have any of the words, best first, as far as `keep` lets them pass and `most` reaches.
std::vector<int64_t> RowsWithWords(ShadowTables* shadow, size_t vector, const std::string& words,
                                   const std::function<bool(int64_t)>& keep, size_t most);

// Both rankings as one, best first, ties by rowid.
std::vector<RankedRow> Fuse(const std::vector<int64_t>& by_words,
                            const std::vector<int64_t>& by_meaning, double weight);

}  // namespace semblance::sql
