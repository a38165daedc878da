// Random SELECTs over TwinTables, each as the virtual table is asked and as the ordinary one
// answers.
//
// What is the right answer: a search gives the k nearest (all, without k) of the rows that meet
// every condition the table is asked, that is `column OP value`, IN, LIKE, GLOB, IS, BETWEEN, IS
// NULL joined by AND; any other condition is applied to those rows.
#pragma once

#include <string>
#include <vector>

#include "tests/sql/twin_tables.h"

namespace semblance::test {

struct QueryPair {
  std::string ours;     // over t, with MATCH
  std::string theirs;   // over o, with vec_distance_* and ORDER BY
  bool ordered = true;  // rows must come in this order; else in any
};

class RandomQuery {
 public:
  RandomQuery(TwinTables* tables, Dice* dice) : tables_(*tables), dice_(*dice) {}

  QueryPair Next();

 private:
  // One search: what stands in FROM and WHERE.
  struct Search {
    std::string ours;    // "FROM t WHERE …"
    std::string theirs;  // "FROM (…) AS t …"
  };

  Search NewSearch();
  std::vector<std::string> Asked(bool cut);
  std::string AskedOne(bool cut);
  std::string OnDistance();
  std::string Leftover();
  std::string Joined(std::vector<std::string> terms);
  std::string By();
  std::string Near(const std::string& column, const std::string& vector,
                   const std::vector<std::string>& asked, int64_t k) const;
  std::string Limit();

  QueryPair Plain();
  QueryPair Grouped();
  QueryPair Nested();
  QueryPair Windowed();
  QueryPair Compound();
  QueryPair JoinedAfter();
  QueryPair Lateral();
  QueryPair LeftLateral();
  QueryPair Correlated();
  QueryPair EitherQuery();
  QueryPair Scan();

  TwinTables& tables_;
  Dice& dice_;
};

}  // namespace semblance::test
