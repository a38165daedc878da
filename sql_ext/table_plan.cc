#include "sql_ext/table_plan.h"

#include <algorithm>
#include <cstring>

#include "sql_ext/guard.h"
#include "sql_ext/table.h"

namespace semblance::sql {
namespace {

using Kind = PlanStep::Kind;

// SQLITE_INDEX_CONSTRAINT_LIMIT and _OFFSET are of SQLite 3.38; hosts before it never send them.
constexpr int kLimitConstraint = 73;
constexpr int kOffsetConstraint = 74;
constexpr int kPlansSeeValues = 3038000;  // sqlite3_vtab_in, sqlite3_vtab_rhs_value

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
    case SQLITE_INDEX_CONSTRAINT_REGEXP:
      return "REGEXP";
    default:
      return nullptr;
  }
}

bool Compares(int op) {
  switch (op) {
    case SQLITE_INDEX_CONSTRAINT_EQ:
    case SQLITE_INDEX_CONSTRAINT_GT:
    case SQLITE_INDEX_CONSTRAINT_LE:
    case SQLITE_INDEX_CONSTRAINT_LT:
    case SQLITE_INDEX_CONSTRAINT_GE:
    case SQLITE_INDEX_CONSTRAINT_NE:
      return true;
    default:
      return false;
  }
}

bool PlansSeeValues() { return sqlite3_libversion_number() >= kPlansSeeValues; }

class Planner {
 public:
  Planner(Table* table, sqlite3_index_info* info) : table_(*table), info_(info) {}

  int Plan() {
    const int match = FindMatch();
    searching_ = match >= 0;
    if (searching_) Take(match, {Kind::kMatch, Searched(match), "", "", false}, true);
    for (int i = 0; i < info_->nConstraint; ++i) {
      const int op = info_->aConstraint[i].op;
      if (i == match || op == kLimitConstraint || op == kOffsetConstraint) continue;
      if (!TakeConstraint(i)) ++left_to_sqlite_;
    }
    if (unusable_) return SQLITE_CONSTRAINT;
    SetOrder();
    TakeLimit();
    SetCosts();
    if (searching_) steps_[0].how = How();
    if (!refusal_.empty()) {
      SetText("refused: " + refusal_, PlanWay::kRefused);
    } else {
      SetText(WritePlan(steps_), searching_ ? PlanWay::kSearch : PlanWay::kScan);
    }
    return SQLITE_OK;
  }

 private:
  // The column that a MATCH asks; the first where it names the table.
  const std::string& Searched(int match) const {
    const int column = info_->aConstraint[match].iColumn;
    if (column >= table_.declared()) return table_.columns.VectorName(0);
    return table_.columns.columns[static_cast<size_t>(column)].name;
  }
  // Which index a search asks, whether it may miss rows, and for how many it asks.
  std::string How() const {
    const VectorColumn& vector =
        table_.columns.vectors[table_.columns.VectorNamed(steps_[0].column).value_or(0)];
    const bool flat = vector.kind == index::Kind::kFlat;
    const bool codes = vector.quantization != index::Quantization::kNone;
    bool counted = false, skips = false, ends = false;  // as TableRequest has it
    for (const PlanStep& step : steps_) {
      counted |= step.kind == Kind::kK || step.kind == Kind::kLimit;
      if (step.kind != Kind::kDistance) continue;
      ends |= step.comparison.starts_with('<') && step.comparison != "<>";
      skips |= !step.comparison.starts_with('<') || step.comparison == "<>";
    }
    std::string how(vector.kind ? index::KindName(*vector.kind) : "auto");
    if (codes) how += " " + std::string(index::QuantizationName(vector.quantization));
    how += (flat && !codes) || skips || (ends && !counted) ? ", exact"
           : counted                                       ? ", approximate"
                                                           : ", exact while rows are few";
    sqlite3_value* const k = k_ < 0 ? nullptr : Literal(k_);
    const bool number = k != nullptr && sqlite3_value_type(k) == SQLITE_INTEGER;
    return number ? how + ", k " + KComparison() + " " + std::to_string(sqlite3_value_int64(k))
                  : how;
  }
  const std::string& KComparison() const {
    return std::find_if(steps_.begin(), steps_.end(),
                        [](const PlanStep& step) { return step.kind == Kind::kK; })
        ->comparison;
  }

  std::string MissingMatch() const {
    return "add " + QuotedIfNeeded(table_.columns.VectorName(0)) + " MATCH …";
  }
  bool IsKey(int column) const {
    return column >= 0 && column < table_.declared() &&
           table_.columns.columns[static_cast<size_t>(column)].role == TableColumn::Role::kKey;
  }
  bool IsRowId(int column) const {
    return column < 0 ||
           (column < table_.declared() &&
            table_.columns.columns[static_cast<size_t>(column)].role == TableColumn::Role::kRowId);
  }

  // A statement that cannot be answered fails when it is run and not when it is planned: SQLite
  // also plans parts of one that it then does not use.
  void Refuse(const std::string& why) {
    if (refusal_.empty()) refusal_ = why;
  }

  // `body MATCH …`, `notes MATCH …`, and `notes = …`, which is what notes('…') in FROM becomes.
  bool IsMatch(const sqlite3_index_info::sqlite3_index_constraint& c) const {
    const bool of_table = c.iColumn == table_.hidden(HiddenColumn::kTable);
    if (c.op == SQLITE_INDEX_CONSTRAINT_EQ) return of_table;
    if (c.op != SQLITE_INDEX_CONSTRAINT_MATCH) return false;
    if (!of_table && (c.iColumn < 0 || c.iColumn >= table_.declared() ||
                      !table_.columns.VectorOf(static_cast<size_t>(c.iColumn)))) {
      std::string names;
      for (const std::string& name : table_.columns.VectorNames())
        names += (names.empty() ? "" : ", ") + name;
      ThrowInvalid(ErrorKind::kQuery,
                   "MATCH on table " + table_.shadow.table() + " works on " + names);
    }
    return true;
  }

  int FindMatch() {
    int match = -1;
    for (int i = 0; i < info_->nConstraint; ++i) {
      const auto& c = info_->aConstraint[i];
      if (!IsMatch(c)) continue;
      if (!c.usable) {
        unusable_ = true;
      } else if (match >= 0) {
        ThrowInvalid(ErrorKind::kQuery,
                     "a query can have one MATCH on table " + table_.shadow.table());
      } else {
        match = i;
        if (IsInList(i)) Refuse("a search has one query: MATCH takes no IN list");
      }
    }
    return match;
  }

  void Take(int i, PlanStep step, bool omit) {
    info_->aConstraintUsage[i].argvIndex = static_cast<int>(steps_.size()) + 1;
    info_->aConstraintUsage[i].omit = omit;
    steps_.push_back(std::move(step));
  }

  bool TakeConstraint(int i) {
    const auto& c = info_->aConstraint[i];
    if (c.iColumn == table_.hidden(HiddenColumn::kK)) return TakeArgument(i, Kind::kK, "k");
    if (c.iColumn == table_.hidden(HiddenColumn::kEf)) return TakeArgument(i, Kind::kEf, "ef");
    if (c.iColumn == table_.hidden(HiddenColumn::kNprobe))
      return TakeArgument(i, Kind::kNprobe, "nprobe");
    if (c.iColumn == table_.hidden(HiddenColumn::kDiversity))
      return TakeArgument(i, Kind::kDiversity, "diversity");
    if (c.iColumn == table_.hidden(HiddenColumn::kOversample))
      return TakeArgument(i, Kind::kOversample, "oversample");
    if (!c.usable) return false;
    if (c.iColumn == table_.hidden(HiddenColumn::kDistance)) return TakeDistance(i);
    return TakeCondition(i);
  }

  // k, ef, diversity and oversample are arguments rather than conditions: without them the search
  // is another one.
  bool TakeArgument(int i, Kind kind, const std::string& name) {
    const auto& c = info_->aConstraint[i];
    const bool below = c.op == SQLITE_INDEX_CONSTRAINT_LT || c.op == SQLITE_INDEX_CONSTRAINT_LE;
    const bool equal = c.op == SQLITE_INDEX_CONSTRAINT_EQ || c.op == SQLITE_INDEX_CONSTRAINT_IS;
    if (!Compares(c.op) && !equal) return false;
    if (!searching_) {
      if (c.usable) Refuse(name + " is of a search: " + MissingMatch());
      return false;
    }
    if (!equal && !(below && kind == Kind::kK)) {
      Refuse(name + " is given as " + name + " = …" + (kind == Kind::kK ? " or k <= …" : ""));
      return false;
    }
    if (!c.usable) {
      unusable_ = true;
      return false;
    }
    if (IsInList(i)) Refuse(name + " takes one value, not an IN list");
    for (const PlanStep& step : steps_) {
      if (step.kind == kind) Refuse(name + " is given twice");
    }
    if (kind == Kind::kK) k_ = i;
    Take(i, {kind, "", equal ? "=" : ComparisonOf(c.op), "", false}, true);
    return true;
  }

  bool TakeDistance(int i) {
    const int op = info_->aConstraint[i].op;
    if (!Compares(op)) return false;
    if (!searching_) {
      Refuse("distance is of a search: " + MissingMatch());
      return false;
    }
    if (IsInList(i)) return false;
    Take(i, {Kind::kDistance, "", ComparisonOf(op), "", false}, false);
    return true;
  }

  bool TakeCondition(int i) {
    const auto& c = info_->aConstraint[i];
    const char* const comparison = ComparisonOf(c.op);
    if (comparison == nullptr || c.iColumn >= table_.declared()) return false;
    PlanStep step{Kind::kCondition, "rowid", comparison, "", false};
    if (!IsRowId(c.iColumn)) {
      const auto column = static_cast<size_t>(c.iColumn);
      if (table_.columns.ContentIndex(column) < 0) return false;
      step.column = table_.columns.columns[column].name;
      const char* const collation = sqlite3_vtab_collation(info_, i);
      if ((Compares(c.op) || c.op == SQLITE_INDEX_CONSTRAINT_IS ||
           c.op == SQLITE_INDEX_CONSTRAINT_ISNOT) &&
          sqlite3_stricmp(collation, "BINARY") != 0) {
        step.collation = collation;
      }
    }
    ++conditions_;
    if (IsInList(i)) {
      sqlite3_vtab_in(info_, i, 1);
      step.comparison = "IN";
    } else {
      step.literal = Literal(i) != nullptr;
      const bool equal = c.op == SQLITE_INDEX_CONSTRAINT_EQ;
      one_row_ |= equal && IsRowId(c.iColumn);
      one_key_ |= equal && step.collation.empty() && IsKey(c.iColumn);
      if (!step.literal && !step.comparison.ends_with("NULL")) ++from_elsewhere_;
    }
    // SQLite checks each row again: table_request.cc says why a condition may let through too much.
    Take(i, std::move(step), false);
    return true;
  }

  // LIMIT and OFFSET say how many rows will be pulled only where every row given counts.
  void TakeLimit() {
    if (!searching_ || left_to_sqlite_ > 0 || (info_->nOrderBy > 0 && !info_->orderByConsumed))
      return;
    for (int i = 0; i < info_->nConstraint; ++i) {
      const auto& c = info_->aConstraint[i];
      if (!c.usable) continue;
      if (c.op == kLimitConstraint) Take(i, {Kind::kLimit, "", "", "", false}, false);
      if (c.op == kOffsetConstraint) Take(i, {Kind::kOffset, "", "", "", false}, false);
    }
  }

  bool Diverse() const {
    return std::any_of(steps_.begin(), steps_.end(),
                       [](const PlanStep& step) { return step.kind == Kind::kDiversity; });
  }

  // Rows of a search come by rank, which is by distance and then rowid unless they are diverse;
  // those of a scan by rowid.
  void SetOrder() {
    const int count = info_->nOrderBy;
    const auto by = [&](int i) { return info_->aOrderBy[i].iColumn; };
    if (std::any_of(info_->aOrderBy, info_->aOrderBy + count, [](const auto& o) { return o.desc; }))
      return;
    if (searching_ && count > 0 && by(0) == table_.hidden(HiddenColumn::kRank)) {
      info_->orderByConsumed = true;  // no two rows have the same
    } else if (searching_) {
      const bool nearest =
          count > 0 && by(0) == table_.hidden(HiddenColumn::kDistance) && !Diverse();
      info_->orderByConsumed = nearest && (count == 1 || (count == 2 && IsRowId(by(1))));
    } else {
      info_->orderByConsumed = count == 1 && IsRowId(by(0));
    }
  }

  // A search with a condition whose value may come from another table is much dearer than the one
  // without: in a JOIN the k nearest are found first and joined then, unless the order is given by
  // CROSS JOIN, LEFT JOIN or the query itself.
  void SetCosts() {
    constexpr double kSearch = 4, kDearest = 1e10, kLookUp = 20, kScan = 2e6, kRefused = 1e40;
    if (searching_) {
      info_->estimatedCost =
          from_elsewhere_ == 0 ? kSearch : kDearest * from_elsewhere_ / (from_elsewhere_ + 1);
      // An older host does not tell an IN list from a value, and plans without it too.
      if (!PlansSeeValues()) info_->estimatedCost = kSearch / (1 + conditions_);
      info_->estimatedRows = ExpectedRows();
    } else if (one_row_) {
      info_->estimatedCost = kLookUp * Avoidance();
      info_->estimatedRows = 1;
      info_->idxFlags = SQLITE_INDEX_SCAN_UNIQUE;
    } else if (one_key_) {  // not marked as unique: '5' and '05' are both equal to a number 5
      info_->estimatedCost = 2 * kLookUp * Avoidance();
      info_->estimatedRows = 1;
    } else {
      info_->estimatedRows = 1000000 >> (conditions_ < 4 ? 4 * conditions_ : 16);
      info_->estimatedCost = kScan / (1 + conditions_) * Avoidance();
    }
    if (!refusal_.empty()) info_->estimatedCost = kRefused;
  }

  // For `… MATCH … AND (rowid = 1 OR author = 'ann')` SQLite weighs a search against a look-up for
  // each side of the OR, which it plans as if there were no MATCH. The columns that the statement
  // uses give it away. A statement that only selects them has no other way and pays nothing.
  double Avoidance() const {
    std::vector<int> of_search = {
        table_.hidden(HiddenColumn::kTable),     table_.hidden(HiddenColumn::kK),
        table_.hidden(HiddenColumn::kEf),        table_.hidden(HiddenColumn::kDistance),
        table_.hidden(HiddenColumn::kRank),      table_.hidden(HiddenColumn::kScore),
        table_.hidden(HiddenColumn::kDiversity), table_.hidden(HiddenColumn::kOversample),
        table_.hidden(HiddenColumn::kNprobe)};
    for (const VectorColumn& vector : table_.columns.vectors)
      of_search.push_back(static_cast<int>(vector.column));
    constexpr int kLastBit = 63;  // of every column from there on
    const bool used = std::any_of(of_search.begin(), of_search.end(), [&](int column) {
      return column >= 0 && (info_->colUsed >> std::min(column, kLastBit) & 1) != 0;
    });
    return used ? 1e30 : 1;
  }

  int64_t ExpectedRows() const {
    constexpr int64_t kUsual = 10;
    sqlite3_value* const k = k_ < 0 ? nullptr : Literal(k_);
    return k == nullptr ? kUsual : std::max<int64_t>(1, sqlite3_value_int64(k));
  }

  bool IsInList(int i) const {
    return info_->aConstraint[i].op == SQLITE_INDEX_CONSTRAINT_EQ && PlansSeeValues() &&
           sqlite3_vtab_in(info_, i, -1) != 0;
  }

  // The value that a constraint is against, where it stands in the statement; nullptr otherwise.
  sqlite3_value* Literal(int i) const {
    sqlite3_value* value = nullptr;
    if (!PlansSeeValues() || sqlite3_vtab_rhs_value(info_, i, &value) != SQLITE_OK) return nullptr;
    return value;
  }

  void SetText(const std::string& text, PlanWay way) {
    info_->idxStr = sqlite3_mprintf("%s", text.c_str());
    if (info_->idxStr == nullptr) throw std::bad_alloc();
    info_->needToFreeIdxStr = 1;
    info_->idxNum = static_cast<int>(way);
  }

  Table& table_;
  sqlite3_index_info* const info_;
  std::vector<PlanStep> steps_;
  std::string refusal_;
  int k_ = -1;
  int conditions_ = 0;
  int from_elsewhere_ = 0;  // conditions whose value may come from another table
  int left_to_sqlite_ = 0;  // constraints that are not taken
  bool searching_ = false;
  bool unusable_ = false;
  bool one_row_ = false;
  bool one_key_ = false;
};

}  // namespace

int BestIndex(sqlite3_vtab* table, sqlite3_index_info* info) {
  return GuardTable(table, [&] { return Planner(static_cast<Table*>(table), info).Plan(); });
}

}  // namespace semblance::sql
