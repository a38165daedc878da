// One search of a cursor: the rows nearest to a query, or to examples; or as diversity= and
// hybrid() rank them.
//
// Owner: a cursor. It holds a view, and of a quantized table the store, until it ends.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "engine/neighbour_stream.h"
#include "sql_ext/hybrid.h"
#include "sql_ext/made_query.h"
#include "sql_ext/table.h"
#include "sql_ext/table_request.h"

namespace semblance::sql {

class TableSearch {
 public:
  using HasContent = std::function<bool(int64_t)>;

  // nullptr: the query is NULL, which finds nothing. `has_content`: rows without are passed over;
  // may be empty. Throws kInvalid for a query that is none, and what Table::ViewFor throws.
  static std::unique_ptr<TableSearch> Begin(Table* table, const TableState& state,
                                            const TableRequest& request, HasContent has_content);
  ~TableSearch();
  TableSearch(const TableSearch&) = delete;
  TableSearch& operator=(const TableSearch&) = delete;

  // nullopt: no row is left, or k rows were given.
  std::optional<RankedRow> Next();

  size_t vector() const { return state_.vector; }
  int64_t given() const { return given_; }  // rows so far
  double diversity() const { return diversity_; }
  // Larger is nearer.
  double ScoreOf(const RankedRow& row) const;

 private:
  // What MATCH asks for.
  struct Query {
    std::vector<float> vector;
    std::vector<int64_t> examples;  // rows that it was made of; ascending
    std::optional<HybridQuery> hybrid;
    std::optional<engine::View> view;  // where making the query took one
  };

  static std::optional<Query> Read(Table* table, const TableState& state, sqlite3_value* match);
  static bool ReadMeaning(Table* table, const TableState& state, const Meaning& meaning,
                          Query* query);
  TableSearch(Table* table, const TableState& state, const TableRequest& request, Query query,
              HasContent has_content);

  std::optional<RankedRow> Nearest();
  bool Counts(int64_t row_id) const;  // it is no example, and its content is there
  std::vector<RankedRow> Diverse();
  std::vector<RankedRow> Fused();

  Table& table_;
  const TableState state_;
  const HasContent has_content_;
  const std::vector<int64_t> examples_;
  const std::optional<HybridQuery> hybrid_;
  const double diversity_;
  const DistanceRange range_;
  const int64_t most_;      // k
  int64_t candidates_ = 0;  // of a diverse search; of each side of a hybrid one
  std::optional<std::vector<RankedRow>> chosen_;  // of both, when the first row is asked for
  int64_t given_ = 0;
  const engine::View view_;
  std::shared_ptr<const engine::RowFilter> filter_;
  std::optional<engine::NeighbourStream> stream_;
};

}  // namespace semblance::sql
