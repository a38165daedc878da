// semblance_clusters(table, n [, seed [, column]]): every row with a vector, by rowid, and which of
// n groups it belongs to. index/clusters.h says how they are made.
//
// Centres are looked for when the statement begins, in a random part of the rows where there are
// many; then each row is given its nearest when the statement gets there.
#include <algorithm>
#include <string>
#include <vector>

#include "index/clusters.h"
#include "sql_ext/function_table.h"
#include "sql_ext/guard.h"
#include "sql_ext/table_access.h"
#include "sql_ext/vector_value.h"

namespace semblance::sql {
namespace {

enum ColumnNumber { kRowId, kCluster, kDistance, kTable, kN, kSeed, kColumn, kCentre };

constexpr size_t kRowsPerPoll = 256;
constexpr int64_t kMostClusters = 10000;
constexpr uint64_t kLeastSample = 16384;  // rows
constexpr uint64_t kSamplePerCluster = 256;
constexpr uint64_t kSampleNumbers = 32u << 20;  // 128 MB

class ClusterRows : public FunctionRows {
 public:
  ClusterRows(Connection* connection, OpenedTable opened, uint32_t clusters, uint64_t seed)
      : connection_(*connection),
        opened_(std::move(opened)),
        rows_(opened_.Rows()),
        vector_(opened_.state.dimension) {
    if (!rows_.empty()) clustering_ = FindCentres(clusters, seed);
  }

  bool Next() override {
    for (; row_ < rows_.size(); ++row_) {
      if (row_ % kRowsPerPoll == 0) connection_.ThrowIfInterrupted();
      if (!opened_.view.CopyVector(rows_[row_], vector_)) continue;
      assigned_ = clustering_->Assign(vector_);
      ++row_;
      return true;
    }
    return false;
  }

  void Column(sqlite3_context* context, int column) const override {
    switch (column) {
      case kRowId:
        return sqlite3_result_int64(context, rows_[row_ - 1].row_id);
      case kCluster:
        return sqlite3_result_int64(context, int64_t{assigned_.cluster} + 1);
      case kDistance:
        return sqlite3_result_double(context, assigned_.distance);
      default:
        return ResultVector(context, clustering_->centre(assigned_.cluster), "centre");
    }
  }

 private:
  index::Clustering FindCentres(uint32_t clusters, uint64_t seed) {
    const uint64_t dimension = opened_.state.dimension;
    const uint64_t wanted =
        std::clamp<uint64_t>(std::max(kSamplePerCluster * clusters, kLeastSample), 1,
                             std::max<uint64_t>(kSampleNumbers / dimension, clusters));
    std::vector<float> sample;
    for (const uint32_t i : index::SamplePositions(rows_.size(), wanted, seed)) {
      if (i % kRowsPerPoll == 0) connection_.ThrowIfInterrupted();
      if (opened_.view.CopyVector(rows_[i], vector_))
        sample.insert(sample.end(), vector_.begin(), vector_.end());
    }
    index::ClusterOptions options;
    options.metric = opened_.column().metric;
    options.dimension = opened_.state.dimension;
    options.clusters = clusters;
    options.seed = seed;
    options.cancel = connection_.Cancel();
    return index::Clustering::Of(options, std::move(sample));
  }

  Connection& connection_;
  const OpenedTable opened_;
  const std::vector<engine::RowPlace> rows_;
  std::vector<float> vector_;
  std::optional<index::Clustering> clustering_;  // none of a table without vectors
  size_t row_ = 0;                               // behind the one that is shown
  index::Clustering::Assignment assigned_{};
};

std::unique_ptr<FunctionRows> OpenClusters(const ConnectionPtr& shared,
                                           const FunctionArguments& arguments) {
  Connection* const connection = shared.get();
  const auto clusters =
      static_cast<uint32_t>(arguments.Integer(1, "how many clusters to make", 1, kMostClusters));
  const auto seed = static_cast<uint64_t>(
      arguments.Given(2) ? arguments.Integer(2, "a seed", INT64_MIN, INT64_MAX) : 1);
  auto opened = OpenTable(connection, arguments.Text(0, "the name of a table"),
                          arguments.OptionalText(3, "the name of a column"), arguments.function());
  return std::make_unique<ClusterRows>(connection, std::move(opened), clusters, seed);
}

constexpr FunctionTable kClusters = {
    "semblance_clusters",
    "CREATE TABLE x(rowid INTEGER, cluster INTEGER, distance REAL,"
    " \"table\" HIDDEN, n HIDDEN, seed HIDDEN, \"column\" HIDDEN, centre BLOB HIDDEN)",
    kTable,
    4,
    2,
    "2 arguments: SELECT rowid, cluster, distance FROM semblance_clusters('notes', 8)",
    FunctionTable::Use::kAnywhere,
    FunctionTable::Nulls::kNoRows,
    OpenClusters};

}  // namespace

void RegisterClustersTable(sqlite3* db, const ConnectionPtr& connection) {
  RegisterFunctionTable(db, &kClusters, connection);
}

}  // namespace semblance::sql
