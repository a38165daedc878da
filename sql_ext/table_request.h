// What one xFilter asks for: the values of a statement, read by the plan that xBestIndex made.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sql_ext/statement.h"
#include "sql_ext/table_schema.h"
#include "sql_ext/values.h"

namespace semblance::sql {

// Distances that conditions beside MATCH let through.
class DistanceRange {
 public:
  void Add(std::string_view comparison, double bound);

  bool Beyond(double distance) const;  // neither this row nor any farther one
  bool Contains(double distance) const;
  bool SkipsRows() const;  // nearer ones than some that are in it
  bool Ends() const;       // there is a farthest one

 private:
  double least_ = -std::numeric_limits<double>::infinity();
  double most_ = std::numeric_limits<double>::infinity();
  bool least_included_ = true;
  bool most_included_ = true;
  std::vector<double> excluded_;
};

// Holds values of the statement: valid during the xFilter that it was read in.
struct TableRequest {
  static constexpr int64_t kMostK = 10000;

  sqlite3_value* match = nullptr;
  size_t vector = 0;  // the column it asks; of TableSchema::vectors
  std::optional<int64_t> k;
  std::optional<int64_t> ef;
  std::optional<int64_t> nprobe;
  double diversity = 0;  // index/diversify.h
  std::optional<int64_t> oversample;
  std::optional<int64_t> limit;
  int64_t offset = 0;
  DistanceRange distance;
  bool nothing = false;  // a condition that no row meets
  std::string where;     // on the content table; empty: every row
  bool asks_host = false;  // `where` calls a function or collation that the host may have replaced

  // The parameters of `where`.
  void BindTo(Statement* statement) const;
  // How many of the nearest rows a diverse choice is made from; k is there.
  int64_t Candidates() const { return std::max<int64_t>(4 * *k, 64); }
  // How many rows a search will be asked for, when that is known.
  std::optional<uint32_t> Wanted() const;
  // Whether it is for every row within a range of distances.
  bool MustBeComplete() const { return distance.SkipsRows() || (distance.Ends() && !Wanted()); }

  // A parameter of `where`: a value, or a text of this object's own.
  struct Parameter {
    sqlite3_value* value = nullptr;
    std::string text;  // when there is no value
  };
  std::vector<Parameter> parameters;
  std::vector<ValuePtr> copies;  // of values that SQLite takes back sooner
};

// `values`: one a step of the plan. Throws kInvalid that names the argument and what was expected.
TableRequest ReadRequest(const TableSchema& columns, std::string_view plan, sqlite3_value** values);

}  // namespace semblance::sql
