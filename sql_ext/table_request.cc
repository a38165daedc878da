#include "sql_ext/table_request.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "sql_ext/guard.h"
#include "sql_ext/table_plan.h"
#include "sql_ext/values.h"
#include "sql_ext/vector_value.h"

namespace semblance::sql {
namespace {

int64_t WholeArgument(sqlite3_value* value, const char* name, int64_t least, int64_t most) {
  const auto number = WholeNumber(value);
  if (!number || *number < least || *number > most) {
    ThrowInvalid(ErrorKind::kQuery, std::string(name) + " must be a whole number from " +
                                        std::to_string(least) + " to " + std::to_string(most) +
                                        ", not " + Describe(value));
  }
  return *number;
}

// A text as JSON; nothing for bytes that JSON cannot hold.
std::optional<nlohmann::json> JsonText(sqlite3_value* value) {
  nlohmann::json json(std::string(TextOf(value)));
  if (json.get_ref<const std::string&>().find('\0') != std::string::npos) return std::nullopt;
  try {
    json.dump();
    return json;
  } catch (const nlohmann::json::exception&) {
    return std::nullopt;
  }
}

// Conditions in the content table's SQL.
//
// SQLite hands over a bare value, without the affinity of the expression it came from, and that
// affinity takes part in the comparison: '05' in a TEXT column is not equal to the literal 5, and
// is equal to a 5 of an INTEGER column. A column of a numeric type always compares as numbers, and
// a value that stands in the statement or is bound to it has no affinity (a CAST of either is taken
// for its value). For another column and a number from elsewhere each reading is let through, and
// SQLite, which knows the expression, checks the rows again; so is a bound one where rows are not
// counted, which costs nothing then and is right of a CAST, too.
class ConditionWriter {
 public:
  // `counted`: a search gives so many rows, whether or not SQLite takes them.
  ConditionWriter(const TableSchema& columns, bool counted, TableRequest* request)
      : columns_(columns), counted_(counted), request_(*request) {}

  void Add(const PlanStep& step, sqlite3_value* value);

 private:
  struct Column {
    std::string name;  // in the content table
    enum class Affinity { kNumeric, kText, kNone } affinity;
  };

  Column Find(const std::string& name) const;
  // A column of the user's own content table may have a collation that ours has not.
  std::string Collate(const PlanStep& step) const {
    if (!step.collation.empty()) return " COLLATE " + Quoted(step.collation);
    return columns_.content ? " COLLATE BINARY" : "";
  }
  std::string Place(TableRequest::Parameter parameter) {
    request_.parameters.push_back(std::move(parameter));
    return "?" + std::to_string(request_.parameters.size());
  }
  std::string Comparison(const PlanStep& step, const Column& column, sqlite3_value* value);
  std::string InList(const Column& column, const std::string& collate, sqlite3_value* list);

  const TableSchema& columns_;
  const bool counted_;
  TableRequest& request_;
};

ConditionWriter::Column ConditionWriter::Find(const std::string& name) const {
  using Affinity = Column::Affinity;
  if (name == "rowid") return {columns_.ContentRowId(), Affinity::kNumeric};
  const auto& all = columns_.columns;
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const TableColumn& c) { return c.name == name; });
  const bool none = found->type.empty() || sqlite3_stricmp(found->type.c_str(), "blob") == 0;
  const bool text = sqlite3_stricmp(found->type.c_str(), "text") == 0;
  return {columns_.ContentColumn(static_cast<size_t>(found - all.begin())),
          none   ? Affinity::kNone
          : text ? Affinity::kText
                 : Affinity::kNumeric};
}

std::string ConditionWriter::Comparison(const PlanStep& step, const Column& column,
                                        sqlite3_value* value) {
  const std::string& operation = step.comparison;
  if (operation.ends_with("NULL")) return column.name + " " + operation;
  std::string place = Place({value, ""});
  const std::string collate = Collate(step);
  const std::string plain = column.name + collate + " " + operation + " " + place;
  const int type = sqlite3_value_type(value);
  const bool number = type == SQLITE_INTEGER || type == SQLITE_FLOAT;
  const bool pattern = operation == "LIKE" || operation == "GLOB" || operation == "REGEXP";
  request_.asks_host |= pattern;
  const bool own_value = step.literal || (counted_ && sqlite3_value_frombind(value) != 0);
  if (!number || pattern || own_value || column.affinity == Column::Affinity::kNumeric)
    return plain;
  // As against a numeric column, and as against one of no type.
  return "(" + plain + " OR " + column.name + " " + operation + " CAST(" + place +
         " AS NUMERIC) OR +" + column.name + " " + operation + " " + place + ")";
}

// What sqlite3_vtab_in gives is valid for one step only, so the values are copied: into a JSON
// text, which has no limit of number, or a parameter each for what has no place there. The list's
// own affinity has been applied to them already.
std::string ConditionWriter::InList(const Column& column, const std::string& collate,
                                    sqlite3_value* list) {
  nlohmann::json numbers = nlohmann::json::array();
  nlohmann::json others = nlohmann::json::array();
  std::string terms;
  const auto add = [&](const std::string& term) {
    terms += (terms.empty() ? "" : " OR ") + column.name + collate + term;
  };
  sqlite3_value* value = nullptr;
  int code = sqlite3_vtab_in_first(list, &value);
  for (; code == SQLITE_OK && value != nullptr; code = sqlite3_vtab_in_next(list, &value)) {
    const int type = sqlite3_value_type(value);
    if (type == SQLITE_NULL) continue;
    if (type == SQLITE_INTEGER) {
      numbers.push_back(sqlite3_value_int64(value));
    } else if (type == SQLITE_FLOAT) {
      numbers.push_back(sqlite3_value_double(value));
    } else if (const auto text = type == SQLITE_TEXT ? JsonText(value) : std::nullopt) {
      others.push_back(*text);
    } else {
      request_.copies.push_back(CopyOf(value));
      add(" = " + Place({request_.copies.back().get(), ""}));
    }
  }
  if (code != SQLITE_DONE && code != SQLITE_OK)
    throw SqliteError(code, "the values of an IN list could not be read");
  if (!numbers.empty()) {
    const std::string place = Place({nullptr, numbers.dump()});
    if (column.affinity != Column::Affinity::kText)
      add(" IN (SELECT value FROM json_each(" + place + "))");
    if (column.affinity != Column::Affinity::kNumeric)
      add(" IN (SELECT CAST(value AS NUMERIC) FROM json_each(" + place + "))");
  }
  if (!others.empty())
    add(" IN (SELECT value FROM json_each(" + Place({nullptr, others.dump()}) + "))");
  return terms;
}

void ConditionWriter::Add(const PlanStep& step, sqlite3_value* value) {
  const Column column = Find(step.column);
  request_.asks_host |= !step.collation.empty();
  std::string condition;
  if (step.comparison == "IN") {
    condition = InList(column, Collate(step), value);
    if (condition.empty()) {
      request_.nothing = true;
      return;
    }
    condition = "(" + condition + ")";
  } else {
    condition = Comparison(step, column, value);
  }
  request_.where += (request_.where.empty() ? " WHERE " : " AND ") + condition;
}

void AddDistance(const std::string& comparison, sqlite3_value* value, TableRequest* request) {
  if (sqlite3_value_type(value) == SQLITE_NULL) {
    request->nothing = true;
    return;
  }
  const int type = sqlite3_value_numeric_type(value);
  if (type != SQLITE_INTEGER && type != SQLITE_FLOAT)
    return;  // SQLite compares it, by its own rules for types
  request->distance.Add(comparison, sqlite3_value_double(value));
}

double Fraction(sqlite3_value* value, const char* name) {
  const int type = sqlite3_value_numeric_type(value);
  const double number = sqlite3_value_double(value);
  if ((type != SQLITE_INTEGER && type != SQLITE_FLOAT) || !(number >= 0 && number <= 1))
    ThrowInvalid(ErrorKind::kQuery,
                 std::string(name) + " must be a number from 0 to 1, not " + Describe(value));
  return number;
}

void AddK(const std::string& comparison, sqlite3_value* value, TableRequest* request) {
  const int64_t least = comparison == "<" ? 1 : 0;
  request->k =
      WholeArgument(value, "k", least, TableRequest::kMostK + least) - (comparison == "<" ? 1 : 0);
}

}  // namespace

void DistanceRange::Add(std::string_view comparison, double bound) {
  const bool equal = comparison == "=";
  if (comparison == "<>") excluded_.push_back(bound);
  if (comparison == "<" || comparison == "<=" || equal) {
    const bool included = comparison != "<";
    if (bound < most_ || (bound == most_ && !included)) {
      most_ = bound;
      most_included_ = included;
    }
  }
  if (comparison == ">" || comparison == ">=" || equal) {
    const bool included = comparison != ">";
    if (bound > least_ || (bound == least_ && !included)) {
      least_ = bound;
      least_included_ = included;
    }
  }
}

bool DistanceRange::Beyond(double distance) const {
  return distance > most_ || (distance == most_ && !most_included_);
}

bool DistanceRange::Contains(double distance) const {
  return !Beyond(distance) && (distance > least_ || (distance == least_ && least_included_)) &&
         std::find(excluded_.begin(), excluded_.end(), distance) == excluded_.end();
}

bool DistanceRange::SkipsRows() const {
  return least_ != -std::numeric_limits<double>::infinity() || !excluded_.empty();
}

bool DistanceRange::Ends() const { return most_ != std::numeric_limits<double>::infinity(); }

void TableRequest::BindTo(Statement* statement) const {
  for (size_t p = 0; p < parameters.size(); ++p) {
    const int place = static_cast<int>(p) + 1;
    if (parameters[p].value) {
      statement->Bind(place, parameters[p].value);
    } else {
      statement->Bind(place, std::string_view(parameters[p].text));
    }
  }
}

std::optional<uint32_t> TableRequest::Wanted() const {
  std::optional<int64_t> wanted = k;
  if (diversity > 0) {
    wanted = Candidates();
  } else if (limit && *limit >= 0) {
    const int64_t pulled = std::min(*limit, kMostK) + std::min(offset, kMostK);
    wanted = std::min(pulled, k.value_or(pulled));
  }
  if (!wanted || distance.SkipsRows()) return std::nullopt;
  return static_cast<uint32_t>(*wanted);
}

TableRequest ReadRequest(const TableSchema& columns, std::string_view plan,
                         sqlite3_value** values) {
  TableRequest request;
  const std::vector<PlanStep> steps = ReadPlan(plan);
  const bool counted = std::any_of(steps.begin(), steps.end(), [](const PlanStep& step) {
    return step.kind == PlanStep::Kind::kK || step.kind == PlanStep::Kind::kLimit;
  });
  ConditionWriter conditions(columns, counted, &request);
  for (const PlanStep& step : steps) {
    sqlite3_value* const value = *values++;  // one a step, also where the step needs none
    switch (step.kind) {
      case PlanStep::Kind::kMatch:
        request.match = value;
        request.vector = columns.VectorNamed(step.column).value_or(0);
        break;
      case PlanStep::Kind::kK:
        AddK(step.comparison, value, &request);
        break;
      case PlanStep::Kind::kEf:
        request.ef = WholeArgument(value, "ef", 1, TableRequest::kMostK);
        break;
      case PlanStep::Kind::kNprobe:
        request.nprobe = WholeArgument(value, "nprobe", 1, index::kMaxLists);
        break;
      case PlanStep::Kind::kDiversity:
        request.diversity = Fraction(value, "diversity");
        break;
      case PlanStep::Kind::kOversample:
        request.oversample = WholeArgument(value, "oversample", 1, kMostOversample);
        break;
      case PlanStep::Kind::kLimit:
        request.limit = sqlite3_value_int64(value);
        break;
      case PlanStep::Kind::kOffset:
        request.offset = std::max<int64_t>(0, sqlite3_value_int64(value));
        break;
      case PlanStep::Kind::kDistance:
        AddDistance(step.comparison, value, &request);
        break;
      case PlanStep::Kind::kCondition:
        conditions.Add(step, value);
        break;
    }
  }
  if (request.diversity > 0 && !request.k)
    ThrowInvalid(ErrorKind::kQuery, "diversity is of a search with k: add k = 10");
  return request;
}

}  // namespace semblance::sql
