// semblance_models, semblance_runs and semblance_metrics: what the main database's store knows of
// models and of their training. Read-only; without a store the first lists the built-in model and
// the others nothing.
//
// Each is a table that exists without being created. Its rows are read when a statement begins to
// scan it.

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "sql_ext/guard.h"
#include "sql_ext/register.h"

namespace semblance::sql {
namespace {

using Cell = std::variant<int64_t, double, std::string>;  // a NaN becomes NULL
using Row = std::vector<Cell>;

struct Catalog {
  const char* name;
  const char* declaration;
  std::vector<Row> (*rows)(Connection& connection);
};

// As JSON: [64,128].
std::string List(const std::vector<int64_t>& numbers) {
  std::string list;
  for (const int64_t number : numbers) list += (list.empty() ? "" : ",") + std::to_string(number);
  return "[" + list + "]";
}

int64_t Signed(uint64_t value) { return static_cast<int64_t>(value); }

std::vector<Row> ModelRows(Connection& connection) {
  std::vector<Row> rows;
  for (const engine::ModelInfo& model : connection.Models()->ListAll()) {
    rows.push_back({model.name, int64_t{model.version}, model.id, int64_t{model.dimension},
                    int64_t{model.max_length}, List(model.dims), model.pooler, Signed(model.bytes),
                    model.created, int64_t{model.built_in}, model.record});
  }
  return rows;
}

std::vector<Row> RunRows(Connection& connection) {
  std::vector<Row> rows;
  const auto database = connection.DatabaseOf("main", engine::FileDatabase::Create::kNo);
  if (database == nullptr) return rows;
  for (const engine::RunInfo& run : database->training_log().Runs()) {
    rows.push_back({Signed(run.run), run.name, run.base, run.status, run.started, run.finished,
                    run.error, run.query, run.options});
  }
  return rows;
}

std::vector<Row> MetricRows(Connection& connection) {
  std::vector<Row> rows;
  const auto database = connection.DatabaseOf("main", engine::FileDatabase::Create::kNo);
  if (database == nullptr) return rows;
  for (const engine::Metric& metric : database->training_log().Metrics()) {
    const training::Report& report = metric.report;
    rows.push_back({Signed(metric.run), Signed(metric.sequence), report.phase, report.step,
                    report.total_steps, report.epoch, report.loss, report.learning_rate,
                    report.alignment, report.uniformity, report.anisotropy, report.dev_spearman,
                    report.sentences_per_second, report.eta_seconds});
  }
  return rows;
}

constexpr Catalog kModels = {
    "semblance_models",
    "CREATE TABLE x(name TEXT, version INTEGER, id TEXT, dimension INTEGER, max_length INTEGER,"
    " dims TEXT, pooler TEXT, bytes INTEGER, created TEXT, built_in INTEGER, record TEXT)",
    ModelRows};
constexpr Catalog kRuns = {
    "semblance_runs",
    "CREATE TABLE x(run INTEGER, name TEXT, base TEXT, status TEXT, started TEXT, finished TEXT,"
    " error TEXT, query TEXT, options TEXT)",
    RunRows};
constexpr Catalog kMetrics = {
    "semblance_metrics",
    "CREATE TABLE x(run INTEGER, sequence INTEGER, phase TEXT, step INTEGER, total_steps INTEGER,"
    " epoch REAL, loss REAL, learning_rate REAL, alignment REAL, uniformity REAL,"
    " anisotropy REAL, dev_spearman REAL, sentences_per_second REAL, eta_seconds REAL)",
    MetricRows};

struct Table : sqlite3_vtab {
  const Catalog* catalog;
  ConnectionPtr connection;
};

struct Cursor : sqlite3_vtab_cursor {
  std::vector<Row> rows;
  size_t position = 0;
};

template <const Catalog& kCatalog>
int Connect(sqlite3* db, void* user, int, const char* const*, sqlite3_vtab** table,
            char** message) noexcept {
  return GuardCreate(message, [&] {
    if (sqlite3_declare_vtab(db, kCatalog.declaration) != SQLITE_OK) {
      ThrowLastError(db, kCatalog.name);
    }
    auto made = std::make_unique<Table>();
    made->catalog = &kCatalog;
    made->connection = ConnectionOf(user);
    *table = made.release();
  });
}

int Disconnect(sqlite3_vtab* table) noexcept {
  delete static_cast<Table*>(table);
  return SQLITE_OK;
}

int BestIndex(sqlite3_vtab*, sqlite3_index_info* info) noexcept {
  info->estimatedCost = 1000;
  info->estimatedRows = 100;
  return SQLITE_OK;
}

int Open(sqlite3_vtab* table, sqlite3_vtab_cursor** cursor) noexcept {
  return GuardTable(table, [&] { *cursor = std::make_unique<Cursor>().release(); });
}

int Close(sqlite3_vtab_cursor* cursor) noexcept {
  delete static_cast<Cursor*>(cursor);
  return SQLITE_OK;
}

int Filter(sqlite3_vtab_cursor* base, int, const char*, int, sqlite3_value**) noexcept {
  return GuardTable(base->pVtab, [&] {
    auto& cursor = static_cast<Cursor&>(*base);
    auto& table = static_cast<Table&>(*base->pVtab);
    cursor.rows = table.catalog->rows(*table.connection);
    cursor.position = 0;
  });
}

int Next(sqlite3_vtab_cursor* base) noexcept {
  ++static_cast<Cursor*>(base)->position;
  return SQLITE_OK;
}

int Eof(sqlite3_vtab_cursor* base) noexcept {
  const auto& cursor = static_cast<Cursor&>(*base);
  return cursor.position >= cursor.rows.size();
}

void ResultCell(sqlite3_context* context, const Cell& cell) {
  if (const auto* integer = std::get_if<int64_t>(&cell)) {
    sqlite3_result_int64(context, *integer);
  } else if (const auto* real = std::get_if<double>(&cell)) {
    sqlite3_result_double(context, *real);
  } else {
    const auto& text = std::get<std::string>(cell);
    sqlite3_result_text64(context, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  }
}

int Column(sqlite3_vtab_cursor* base, sqlite3_context* context, int column) noexcept {
  const auto& cursor = static_cast<Cursor&>(*base);
  GuardFunction(context, [&] {
    ResultCell(context, cursor.rows.at(cursor.position).at(static_cast<size_t>(column)));
  });
  return SQLITE_OK;
}

int Rowid(sqlite3_vtab_cursor* base, sqlite3_int64* row_id) noexcept {
  *row_id = static_cast<sqlite3_int64>(static_cast<Cursor*>(base)->position) + 1;
  return SQLITE_OK;
}

// Without xCreate it cannot be created, it is there.
template <const Catalog& kCatalog>
const sqlite3_module* Module() {
  static const sqlite3_module module = [] {
    sqlite3_module methods = {};
    methods.xConnect = Connect<kCatalog>;
    methods.xBestIndex = BestIndex;
    methods.xDisconnect = Disconnect;
    methods.xOpen = Open;
    methods.xClose = Close;
    methods.xFilter = Filter;
    methods.xNext = Next;
    methods.xEof = Eof;
    methods.xColumn = Column;
    methods.xRowid = Rowid;
    return methods;
  }();
  return &module;
}

}  // namespace

void RegisterCatalogTables(sqlite3* db, const ConnectionPtr& connection) {
  RegisterModule(db, kModels.name, Module<kModels>(), connection);
  RegisterModule(db, kRuns.name, Module<kRuns>(), connection);
  RegisterModule(db, kMetrics.name, Module<kMetrics>(), connection);
}

}  // namespace semblance::sql
