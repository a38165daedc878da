// How xBestIndex tells xFilter what the values of a query are: one step a value, written as text
// into idxStr, where EXPLAIN QUERY PLAN shows it.
//
//   match                  the query, text or vector           k=  ef=  limit  offset   numbers
//   distance<  distance<=  a bound on the distance
//   c3>=  id=  c2 like     a condition on a content column     id in  c1 in   … on a whole IN list
//   at once
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace semblance::sql {

struct PlanStep {
  enum class Kind {
    kMatch,
    kK,
    kEf,
    kLimit,
    kOffset,
    kDistanceBelow,
    kDistanceAtMost,
    kCondition,
    kInList
  };
  Kind kind;
  std::string column;      // kCondition, kInList: "id" or "c<i>"
  std::string comparison;  // kCondition: an SQL operator; "IS NULL" and "IS NOT NULL" take no value
};

std::string WritePlan(const std::vector<PlanStep>& steps);
std::vector<PlanStep> ReadPlan(std::string_view plan);

}  // namespace semblance::sql
