// The columns that SELECT * does not show, after the declared ones.
#pragma once

#include <string>
#include <vector>

#include "sql_ext/table_schema.h"

namespace semblance::sql {

// In this order, which is also that of arguments in FROM: notes('query', k, ef). kTable has the
// table's own name.
enum class HiddenColumn {
  kTable,
  kK,
  kEf,
  kDistance,
  kRank,
  kScore,
  kDiversity,
  kWordRank,
  kMeaningRank,
  kOversample,
  kNprobe
};

// Those that a table has: those after kDistance came later, and each is missing where the table or
// a declared column has its name.
std::vector<HiddenColumn> HiddenColumnsOf(const std::string& table, const TableSchema& schema);

// As CREATE TABLE declares one: name, type, HIDDEN.
std::string HiddenDeclaration(HiddenColumn column, const std::string& table);

}  // namespace semblance::sql
