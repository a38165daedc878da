// semblance_explain(sql [, 'recall']): runs a SELECT to its end, and gives what each of its
// searches touched instead of its rows.
//
// One row for the search as a whole, then one for each part of the index that a pass of it looked
// at. With 'recall' each search is made again by comparing every row.
#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "sql_ext/function_table.h"
#include "sql_ext/guard.h"
#include "sql_ext/search_log.h"
#include "sql_ext/train_query.h"
#include "sql_ext/values.h"

namespace semblance::sql {
namespace {

enum ColumnNumber {
  kSearch,
  kSource,
  kPart,
  kKind,
  kRows,
  kAllowed,
  kWay,
  kDistances,
  kRescored,
  kFound,
  kRecall,
  kSql
};

struct ExplainRow {
  int64_t search;
  std::string source, part, kind, way;
  uint64_t rows, allowed, distances, rescored, found;
  std::optional<double> recall;
};

// Searches note in this log while it lives.
class Listening {
 public:
  Listening(Connection* connection, SearchLog* log)
      : connection_(*connection), before_(connection->search_log) {
    connection_.search_log = log;
  }
  ~Listening() { connection_.search_log = before_; }

 private:
  Connection& connection_;
  SearchLog* const before_;
};

bool Exact(const engine::PartReport& part) {
  const bool by_code = part.quantization != index::Quantization::kNone && part.stats.distances > 0;
  return !part.stats.walked && part.stats.lists_left == 0 &&
         !(by_code && part.stats.rescored < part.allowed);
}

std::string PartName(const engine::PartReport& part) {
  switch (part.part) {
    case engine::PartReport::Part::kSegment:
      return "segment " + std::to_string(part.segment);
    case engine::PartReport::Part::kNewest:
      return "newest rows";
    case engine::PartReport::Part::kUncommitted:
      return "uncommitted rows";
  }
  return "";
}

ExplainRow PartRow(int64_t search, const engine::PartReport& part) {
  std::string kind(index::KindName(part.kind));
  if (part.quantization != index::Quantization::kNone)
    kind += " " + std::string(index::QuantizationName(part.quantization));
  std::string way = part.stats.walked ? "graph" : "";
  if (part.stats.scanned) way += way.empty() ? "scan" : ", then scan";
  if (part.stats.lists > 0) {
    way = std::to_string(part.stats.lists) + " of " +
          std::to_string(part.stats.lists + part.stats.lists_left) + " lists";
  }
  if (way.empty()) way = "nothing to look at";
  ExplainRow row{};
  row.search = search;
  row.part = PartName(part);
  row.kind = kind;
  row.way = way;
  row.rows = part.rows;
  row.allowed = part.allowed;
  row.distances = part.stats.distances;
  row.rescored = part.stats.rescored;
  row.found = part.found;
  return row;
}

// How many of the rows given are as near as the exact search's farthest.
std::optional<double> Recall(const SearchLog::Entry& entry, const std::function<bool()>& cancel) {
  const auto& given = entry.report.given;
  if (given.empty()) return std::nullopt;
  engine::ViewSearch search;
  search.k = static_cast<uint32_t>(given.size());
  search.exact = true;
  search.filter = entry.filter.get();
  search.cancel = &cancel;
  const auto exact = entry.view.Search(entry.query, search);
  const auto hits = std::count_if(given.begin(), given.end(), [&](const engine::GivenRow& row) {
    return row.distance <= exact.back().distance;
  });
  return static_cast<double>(hits) / static_cast<double>(given.size());
}

void AddSearch(int64_t number, const SearchLog::Entry& entry, std::optional<double> recall,
               std::vector<ExplainRow>* rows) {
  const engine::SearchReport& report = entry.report;
  ExplainRow whole{};
  whole.search = number;
  whole.source = entry.table + "." + entry.column;
  whole.part = "all";
  whole.recall = recall;
  bool exact = true;
  for (const engine::PartReport& part : report.parts) {
    if (part.pass == 0) {
      whole.rows += part.rows;
      whole.allowed += part.allowed;
    }
    whole.distances += part.stats.distances;
    whole.rescored += part.stats.rescored;
    exact = exact && Exact(part);
  }
  whole.way = report.exact || exact ? "exact" : "approximate";
  whole.found = report.given.size();
  rows->push_back(whole);
  for (const engine::PartReport& part : report.parts) {
    rows->push_back(PartRow(number, part));
    rows->back().source = whole.source;
  }
}

class Explanation : public FunctionRows {
 public:
  explicit Explanation(std::vector<ExplainRow> rows) : rows_(std::move(rows)) {}

  bool Next() override { return ++at_ <= rows_.size(); }

  void Column(sqlite3_context* context, int column) const override {
    const ExplainRow& row = rows_[at_ - 1];
    switch (column) {
      case kSearch:
        return sqlite3_result_int64(context, row.search);
      case kSource:
        return ResultText(context, row.source);
      case kPart:
        return ResultText(context, row.part);
      case kKind:
        if (!row.kind.empty()) ResultText(context, row.kind);
        return;
      case kRows:
        return Count(context, row.rows);
      case kAllowed:
        return Count(context, row.allowed);
      case kWay:
        return ResultText(context, row.way);
      case kDistances:
        return Count(context, row.distances);
      case kRescored:
        return Count(context, row.rescored);
      case kFound:
        return Count(context, row.found);
      default:
        if (row.recall) sqlite3_result_double(context, *row.recall);
    }
  }

 private:
  static void Count(sqlite3_context* context, uint64_t count) {
    sqlite3_result_int64(context, static_cast<int64_t>(count));
  }

  const std::vector<ExplainRow> rows_;
  size_t at_ = 0;  // from 1
};

std::unique_ptr<FunctionRows> OpenExplanation(const ConnectionPtr& shared,
                                              const FunctionArguments& arguments) {
  Connection* const connection = shared.get();
  const bool with_recall = arguments.Given(1);
  if (with_recall && arguments.Text(1, "'recall'") != "recall")
    ThrowInvalid(arguments.function() + ": the second argument is 'recall', or none");
  constexpr int kMostColumns = 32767;
  SearchLog log;
  {
    ReadOnlyQuery query(connection->db(), arguments.Text(0, "a SELECT"),
                        "the statement of " + arguments.function(), 1, kMostColumns);
    const Listening listening(connection, &log);
    while (query.Step()) {
    }
  }
  const std::function<bool()> cancel = connection->Cancel();
  std::vector<ExplainRow> rows;
  int64_t number = 0;
  for (const SearchLog::Entry& entry : log.entries())
    AddSearch(++number, entry, with_recall ? Recall(entry, cancel) : std::nullopt, &rows);
  return std::make_unique<Explanation>(std::move(rows));
}

constexpr FunctionTable kExplain = {
    "semblance_explain",
    "CREATE TABLE x(search INTEGER, source TEXT, part TEXT, kind TEXT, rows INTEGER,"
    " allowed INTEGER, way TEXT, distances INTEGER, rescored INTEGER, found INTEGER, recall REAL,"
    " sql HIDDEN, mode HIDDEN)",
    kSql,
    2,
    1,
    "1 argument: SELECT * FROM semblance_explain('SELECT rowid FROM notes WHERE body MATCH "
    "''music'' AND k = "
    "10')",
    FunctionTable::Use::kStatements,
    FunctionTable::Nulls::kNoRows,
    OpenExplanation};

}  // namespace

void RegisterExplainTable(sqlite3* db, const ConnectionPtr& connection) {
  RegisterFunctionTable(db, &kExplain, connection);
}

}  // namespace semblance::sql
