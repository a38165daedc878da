// semblance_models, semblance_runs and semblance_metrics: what the main database's store knows of
// models and of their training. Read-only; without a store the first lists the built-in model and
// the others nothing.
//
// Each is a table that exists without being created. Its rows are read when a statement begins to
// scan it.

#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "sql_ext/function_table.h"
#include "sql_ext/values.h"

namespace semblance::sql {
namespace {

using Cell = std::variant<int64_t, double, std::string>;  // a NaN becomes NULL
using Row = std::vector<Cell>;

// As JSON: [64,128].
std::string List(const std::vector<int64_t>& numbers) {
  std::string list;
  for (const int64_t number : numbers) list += (list.empty() ? "" : ",") + std::to_string(number);
  return "[" + list + "]";
}

// What was not measured becomes NULL.
Cell JsonCell(const std::string& json) {
  if (json.empty()) return std::numeric_limits<double>::quiet_NaN();
  return json;
}

int64_t Signed(uint64_t value) { return static_cast<int64_t>(value); }

std::vector<Row> ModelRows(Connection& connection) {
  std::vector<Row> rows;
  for (const engine::ModelInfo& model : connection.Models()->ListAll()) {
    rows.push_back({model.name, int64_t{model.version}, model.id, int64_t{model.dimension},
                    int64_t{model.max_length}, List(model.dims), model.pooler,
                    std::string(encoder::PrecisionName(model.precision)),
                    std::string(encoder::PrecisionName(encoder::ComputedIn(model.precision))),
                    Signed(model.bytes), model.created, int64_t{model.built_in}, model.record});
  }
  return rows;
}

std::vector<Row> RunRows(Connection& connection) {
  std::vector<Row> rows;
  const auto database = connection.DatabaseToRead("main");
  if (database == nullptr) return rows;
  for (const engine::RunInfo& run : database->training_log().Runs()) {
    rows.push_back({Signed(run.run), run.name, run.base, run.status, run.started, run.finished,
                    run.error, run.query, run.options});
  }
  return rows;
}

std::vector<Row> MetricRows(Connection& connection) {
  std::vector<Row> rows;
  const auto database = connection.DatabaseToRead("main");
  if (database == nullptr) return rows;
  for (const engine::Metric& metric : database->training_log().Metrics()) {
    const training::Report& report = metric.report;
    rows.push_back({Signed(metric.run), Signed(metric.sequence), report.phase, report.step,
                    report.total_steps, report.epoch, report.loss, report.learning_rate,
                    report.alignment, report.uniformity, report.anisotropy, report.dev_spearman,
                    report.sentences_per_second, report.eta_seconds, report.retrieval,
                    JsonCell(report.by_tags)});
  }
  return rows;
}

void ResultCell(sqlite3_context* context, const Cell& cell) {
  if (const auto* integer = std::get_if<int64_t>(&cell)) {
    sqlite3_result_int64(context, *integer);
  } else if (const auto* real = std::get_if<double>(&cell)) {
    sqlite3_result_double(context, *real);
  } else {
    ResultText(context, std::get<std::string>(cell));
  }
}

class CatalogRows : public FunctionRows {
 public:
  explicit CatalogRows(std::vector<Row> rows) : rows_(std::move(rows)) {}
  bool Next() override { return ++at_ <= rows_.size(); }
  void Column(sqlite3_context* context, int column) const override {
    ResultCell(context, rows_.at(at_ - 1).at(static_cast<size_t>(column)));
  }

 private:
  const std::vector<Row> rows_;
  size_t at_ = 0;  // from 1
};

template <std::vector<Row> (*kRows)(Connection&)>
std::unique_ptr<FunctionRows> Open(const ConnectionPtr& connection, const FunctionArguments&) {
  return std::make_unique<CatalogRows>(kRows(*connection));
}

constexpr FunctionTable Catalog(const char* name, const char* declaration,
                                decltype(FunctionTable::open) open) {
  return {
      name, declaration, 0, 0, 0, "", FunctionTable::Use::kTrusted, FunctionTable::Nulls::kNoRows,
      open};
}

constexpr FunctionTable kModels = Catalog(
    "semblance_models",
    "CREATE TABLE x(name TEXT, version INTEGER, id TEXT, dimension INTEGER, max_length INTEGER,"
    " dims TEXT, pooler TEXT, precision TEXT, computed_in TEXT, bytes INTEGER, created TEXT, "
    "built_in INTEGER, record TEXT)",
    Open<ModelRows>);
constexpr FunctionTable kRuns = Catalog(
    "semblance_runs",
    "CREATE TABLE x(run INTEGER, name TEXT, base TEXT, status TEXT, started TEXT, finished TEXT,"
    " error TEXT, query TEXT, options TEXT)",
    Open<RunRows>);
constexpr FunctionTable kMetrics = Catalog(
    "semblance_metrics",
    "CREATE TABLE x(run INTEGER, sequence INTEGER, phase TEXT, step INTEGER, total_steps INTEGER,"
    " epoch REAL, loss REAL, learning_rate REAL, alignment REAL, uniformity REAL,"
    " anisotropy REAL, dev_spearman REAL, sentences_per_second REAL, eta_seconds REAL,"
    " retrieval REAL, by_tags TEXT)",
    Open<MetricRows>);

}  // namespace

void RegisterCatalogTables(sqlite3* db, const ConnectionPtr& connection) {
  for (const FunctionTable* table : {&kModels, &kRuns, &kMetrics})
    RegisterFunctionTable(db, table, connection);
}

}  // namespace semblance::sql
