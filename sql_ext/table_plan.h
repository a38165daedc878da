// How xBestIndex tells xFilter what a statement asks for: idxStr, a text that EXPLAIN QUERY PLAN
// shows and that is read back. One step a value, in the order of the values.
//
//   nearest by body (hnsw, approximate, k = 10)
//                                the query of a search; in brackets, which nobody reads back, how
//   k =  k <=  k <  ef =  diversity =  oversample =       its arguments
//   limit  offset                what SQLite will pull
//   distance <=                  a bound on the distance
//   where year >=                a condition on a column or rowid, asked of the content table first
//   where tag IN                 … on a whole IN list at once
//   where tag = COLLATE NOCASE   … by another collation than the column's
//   where tag < literal          … against a value that stands in the statement
//   every row                    no step at all
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace semblance::sql {

// idxNum.
enum class PlanWay { kScan = 0, kSearch = 1, kRefused = 2 };  // kRefused: idxStr says why

struct PlanStep {
  enum class Kind {
    kMatch,
    kK,
    kEf,
    kNprobe,
    kDiversity,
    kOversample,
    kLimit,
    kOffset,
    kDistance,
    kCondition
  };
  Kind kind;
  std::string column;      // kMatch, kCondition: its name, or "rowid"
  std::string comparison;  // kK, kDistance, kCondition: an SQL operator, IN, IS NULL, …
  std::string collation;   // kCondition: empty for BINARY
  bool literal = false;    // kCondition
  std::string how = {};    // kMatch: for people
};

std::string WritePlan(const std::vector<PlanStep>& steps);
std::vector<PlanStep> ReadPlan(std::string_view plan);

}  // namespace semblance::sql
