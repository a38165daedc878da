#include "sql_ext/table_plan.h"

#include <cstring>
#include <optional>

#include "sql_ext/guard.h"
#include "sql_ext/table.h"

namespace semblance::sql {
namespace {

// SQLITE_INDEX_CONSTRAINT_LIMIT and _OFFSET are of SQLite 3.38; hosts before it never send them.
constexpr int kLimitConstraint = 73;
constexpr int kOffsetConstraint = 74;
constexpr int kWholeInList = 3038000;  // sqlite3_vtab_in

struct NamedKind {
  PlanStep::Kind kind;
  const char* name;
};
constexpr NamedKind kKinds[] = {
    {PlanStep::Kind::kMatch, "match"},
    {PlanStep::Kind::kK, "k="},
    {PlanStep::Kind::kEf, "ef="},
    {PlanStep::Kind::kLimit, "limit"},
    {PlanStep::Kind::kOffset, "offset"},
    {PlanStep::Kind::kDistanceBelow, "distance<"},
    {PlanStep::Kind::kDistanceAtMost, "distance<="},
};

// The SQL of a comparison that can be asked of the content table; nullptr: none.
const char* ComparisonOf(int op) {
  switch (op) {
    case SQLITE_INDEX_CONSTRAINT_EQ:
      return "=";
    case SQLITE_INDEX_CONSTRAINT_GT:
      return ">";
    case SQLITE_INDEX_CONSTRAINT_LE:
      return "<=";
    case SQLITE_INDEX_CONSTRAINT_LT:
      return "<";
    case SQLITE_INDEX_CONSTRAINT_GE:
      return ">=";
    case SQLITE_INDEX_CONSTRAINT_NE:
      return "<>";
    case SQLITE_INDEX_CONSTRAINT_IS:
      return "IS";
    case SQLITE_INDEX_CONSTRAINT_ISNOT:
      return "IS NOT";
    case SQLITE_INDEX_CONSTRAINT_ISNULL:
      return "IS NULL";
    case SQLITE_INDEX_CONSTRAINT_ISNOTNULL:
      return "IS NOT NULL";
    case SQLITE_INDEX_CONSTRAINT_LIKE:
      return "LIKE";
    case SQLITE_INDEX_CONSTRAINT_GLOB:
      return "GLOB";
    default:
      return nullptr;
  }
}

class Planner {
 public:
  Planner(Table* table, sqlite3_index_info* info) : table_(*table), info_(info) {}

  int Plan() {
    const int match = FindMatch();
    if (unusable_) return SQLITE_CONSTRAINT;
    if (match >= 0) Take(match, {PlanStep::Kind::kMatch, "", ""}, true);
    for (int i = 0; i < info_->nConstraint; ++i) {
      if (i == match || !TakeConstraint(i, match >= 0)) continue;
    }
    if (unusable_) return SQLITE_CONSTRAINT;
    SetCosts(match >= 0);
    SetOrder(match >= 0);
    const std::string plan = WritePlan(steps_);
    info_->idxStr = sqlite3_mprintf("%s", plan.c_str());
    if (info_->idxStr == nullptr) throw std::bad_alloc();
    info_->needToFreeIdxStr = 1;
    info_->idxNum = match >= 0;
    return SQLITE_OK;
  }

 private:
  int FindMatch() {
    int match = -1;
    for (int i = 0; i < info_->nConstraint; ++i) {
      const auto& c = info_->aConstraint[i];
      if (c.op != SQLITE_INDEX_CONSTRAINT_MATCH) continue;
      if (c.iColumn != static_cast<int>(table_.columns.vector_column) &&
          c.iColumn != table_.hidden(HiddenColumn::kTable)) {
        ThrowInvalid("MATCH works on " + table_.VectorColumnName() + " only");
      }
      if (!c.usable) {
        unusable_ = true;
      } else if (match >= 0) {
        ThrowInvalid("a query can have one MATCH on table " + table_.shadow.table());
      } else {
        match = i;
      }
    }
    return match;
  }

  void Take(int i, PlanStep step, bool omit) {
    info_->aConstraintUsage[i].argvIndex = static_cast<int>(steps_.size()) + 1;
    info_->aConstraintUsage[i].omit = omit;
    steps_.push_back(std::move(step));
  }

  // k and ef are arguments rather than conditions: without them the search is another one.
  bool TakeArgument(int i, PlanStep::Kind kind) {
    const auto& c = info_->aConstraint[i];
    if (c.op != SQLITE_INDEX_CONSTRAINT_EQ) return false;
    if (!c.usable) {
      unusable_ = true;
      return false;
    }
    Take(i, {kind, "", ""}, true);
    return true;
  }

  bool TakeConstraint(int i, bool neighbours) {
    const auto& c = info_->aConstraint[i];
    if (neighbours && c.iColumn == table_.hidden(HiddenColumn::kK) && c.op != kLimitConstraint &&
        c.op != kOffsetConstraint) {
      return TakeArgument(i, PlanStep::Kind::kK);
    }
    if (neighbours && c.iColumn == table_.hidden(HiddenColumn::kEf) && c.op != kLimitConstraint &&
        c.op != kOffsetConstraint) {
      return TakeArgument(i, PlanStep::Kind::kEf);
    }
    if (!c.usable) return false;
    if (c.op == kLimitConstraint || c.op == kOffsetConstraint) {
      if (!neighbours) return false;
      Take(i, {c.op == kLimitConstraint ? PlanStep::Kind::kLimit : PlanStep::Kind::kOffset, "", ""},
           false);
      return true;
    }
    if (neighbours && c.iColumn == table_.hidden(HiddenColumn::kDistance)) return TakeDistance(i);
    return TakeCondition(i);
  }

  bool TakeDistance(int i) {
    const int op = info_->aConstraint[i].op;
    if (op != SQLITE_INDEX_CONSTRAINT_LT && op != SQLITE_INDEX_CONSTRAINT_LE) return false;
    Take(i,
         {op == SQLITE_INDEX_CONSTRAINT_LT ? PlanStep::Kind::kDistanceBelow
                                           : PlanStep::Kind::kDistanceAtMost,
          "", ""},
         false);
    return true;
  }

  bool TakeCondition(int i) {
    const auto& c = info_->aConstraint[i];
    const char* const comparison = ComparisonOf(c.op);
    if (comparison == nullptr || c.iColumn >= table_.declared()) return false;
    std::string column = "id";
    if (c.iColumn >= 0) {
      const int content = table_.columns.ContentIndex(static_cast<size_t>(c.iColumn));
      if (content < 0) return false;
      if (std::strcmp(sqlite3_vtab_collation(info_, i), "BINARY") != 0) return false;
      column = "c" + std::to_string(content);
    }
    one_row_ |= column == "id" && c.op == SQLITE_INDEX_CONSTRAINT_EQ;
    ++conditions_;
    if (c.op == SQLITE_INDEX_CONSTRAINT_EQ && sqlite3_libversion_number() >= kWholeInList &&
        sqlite3_vtab_in(info_, i, -1)) {
      sqlite3_vtab_in(info_, i, 1);
      Take(i, {PlanStep::Kind::kInList, column, ""}, false);
      one_row_ = false;
      return true;
    }
    // SQLite checks again what is cheap to check; a search's first condition must be right here
    // already.
    Take(i, {PlanStep::Kind::kCondition, column, comparison}, false);
    return true;
  }

  // A search must be cheaper than two look-ups by rowid: for `… MATCH … AND (rowid = 1 OR rowid =
  // 2)` SQLite weighs one search among both against a look-up of each, and the look-ups would know
  // nothing of MATCH. And a search costs the same with a rowid from another table: the k nearest
  // are found first and joined then.
  void SetCosts(bool neighbours) {
    if (neighbours) {
      info_->estimatedCost = 4;
      info_->estimatedRows = 10;
    } else if (one_row_) {
      info_->estimatedCost = 5;
      info_->estimatedRows = 1;
      info_->idxFlags = SQLITE_INDEX_SCAN_UNIQUE;
    } else {
      info_->estimatedRows = 1000000 >> (conditions_ < 4 ? 4 * conditions_ : 16);
      info_->estimatedCost = 2000000.0 / (1 + conditions_);
    }
  }

  void SetOrder(bool neighbours) {
    if (info_->nOrderBy != 1 || info_->aOrderBy[0].desc) return;
    const int by = info_->aOrderBy[0].iColumn;
    info_->orderByConsumed = neighbours ? by == table_.hidden(HiddenColumn::kDistance) : by < 0;
  }

  Table& table_;
  sqlite3_index_info* const info_;
  std::vector<PlanStep> steps_;
  int conditions_ = 0;
  bool unusable_ = false;
  bool one_row_ = false;
};

}  // namespace

std::string WritePlan(const std::vector<PlanStep>& steps) {
  std::string plan;
  for (const PlanStep& step : steps) {
    if (!plan.empty()) plan += ", ";
    if (step.kind == PlanStep::Kind::kCondition) {
      plan += step.column + " " + step.comparison;
    } else if (step.kind == PlanStep::Kind::kInList) {
      plan += step.column + " in";
    } else {
      for (const NamedKind& named : kKinds) {
        if (named.kind == step.kind) plan += named.name;
      }
    }
  }
  return plan;
}

std::vector<PlanStep> ReadPlan(std::string_view plan) {
  std::vector<PlanStep> steps;
  while (!plan.empty()) {
    const size_t comma = plan.find(", ");
    const std::string_view word = plan.substr(0, comma);
    plan = comma == std::string_view::npos ? std::string_view() : plan.substr(comma + 2);
    const size_t space = word.find(' ');
    if (space != std::string_view::npos) {
      const std::string_view comparison = word.substr(space + 1);
      steps.push_back({comparison == "in" ? PlanStep::Kind::kInList : PlanStep::Kind::kCondition,
                       std::string(word.substr(0, space)), std::string(comparison)});
      continue;
    }
    for (const NamedKind& named : kKinds) {
      if (word == named.name) steps.push_back({named.kind, "", ""});
    }
  }
  return steps;
}

int BestIndex(sqlite3_vtab* table, sqlite3_index_info* info) {
  return GuardTable(table, [&] { return Planner(static_cast<Table*>(table), info).Plan(); });
}

}  // namespace semblance::sql
