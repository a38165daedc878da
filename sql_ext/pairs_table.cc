// semblance_pairs(table, threshold [, column]): pairs of rows whose distance is at most the
// threshold, a < b, by a and then distance and then b.
//
// Each row is looked up in the index as a query of its own, for the rows within the threshold
// around it, when the statement gets there. Memory: 16 bytes a row, and one row's neighbours.
#include <algorithm>
#include <string>
#include <vector>

#include "sql_ext/function_table.h"
#include "sql_ext/guard.h"
#include "sql_ext/table_access.h"

namespace semblance::sql {
namespace {

enum ColumnNumber { kA, kB, kDistance, kTable, kThreshold, kColumn };

class Pairs : public FunctionRows {
 public:
  Pairs(Connection* connection, OpenedTable opened, double threshold)
      : connection_(*connection),
        opened_(std::move(opened)),
        threshold_(threshold),
        rows_(opened_.Rows()),
        searched_(opened_.view.VisibleCount()),
        query_(opened_.state.dimension) {}

  bool Next() override {
    ++at_;
    while (at_ >= near_.size()) {
      if (row_ == rows_.size()) return false;
      LookUp(rows_[row_++]);
    }
    return true;
  }

  void Column(sqlite3_context* context, int column) const override {
    switch (column) {
      case kA:
        return sqlite3_result_int64(context, rows_[row_ - 1].row_id);
      case kB:
        return sqlite3_result_int64(context, near_[at_].row_id);
      default:
        return sqlite3_result_double(context, near_[at_].distance);
    }
  }

 private:
  // near_ becomes the rows behind `row` within the threshold, nearest first.
  void LookUp(const engine::RowPlace& row) {
    at_ = 0;
    near_.clear();
    if (!opened_.view.CopyVector(row, query_)) return;
    engine::ViewSearch search;
    search.ef = opened_.column().ef;
    search.nprobe = opened_.column().nprobe;
    search.cancel = &cancel_;
    // Twice as many until the farthest is outside. The first may be the row itself.
    for (uint64_t k = 16;; k *= 2) {
      search.k = static_cast<uint32_t>(std::min<uint64_t>(k, searched_));
      search.exact = search.k * uint64_t{4} > searched_;  // as cheap as a walk for so many
      connection_.ThrowIfInterrupted();
      near_ = opened_.view.Search(query_, search);
      if (near_.size() < search.k || near_.back().distance > threshold_ || k >= searched_) break;
    }
    std::erase_if(near_, [&](const engine::Found& found) {
      return found.row_id <= row.row_id || found.distance > threshold_ || !IsThere(found.row_id);
    });
  }

  bool IsThere(int64_t row_id) const {
    return rows_.size() == searched_ ||
           std::binary_search(rows_.begin(), rows_.end(), engine::RowPlace{row_id, 0, 0},
                              [](const auto& a, const auto& b) { return a.row_id < b.row_id; });
  }

  Connection& connection_;
  const OpenedTable opened_;
  const double threshold_;
  const std::vector<engine::RowPlace> rows_;
  const uint64_t searched_;  // rows of the view, some of which may be gone from the content
  const std::function<bool()> cancel_ = connection_.Cancel();
  std::vector<float> query_;
  size_t row_ = 0;                   // the next to look up
  std::vector<engine::Found> near_;  // of the one before
  size_t at_ = 0;
};

std::unique_ptr<FunctionRows> OpenPairs(const ConnectionPtr& shared,
                                        const FunctionArguments& arguments) {
  Connection* const connection = shared.get();
  const double threshold = arguments.Number(1, "the largest distance of a pair");
  auto opened = OpenTable(connection, arguments.Text(0, "the name of a table"),
                          arguments.OptionalText(2, "the name of a column"), arguments.function());
  return std::make_unique<Pairs>(connection, std::move(opened), threshold);
}

constexpr FunctionTable kPairs = {
    "semblance_pairs",
    "CREATE TABLE x(a INTEGER, b INTEGER, distance REAL,"
    " \"table\" HIDDEN, threshold HIDDEN, \"column\" HIDDEN)",
    kTable,
    3,
    2,
    "2 arguments: SELECT a, b, distance FROM semblance_pairs('notes', 0.05)",
    FunctionTable::Use::kAnywhere,
    FunctionTable::Nulls::kNoRows,
    OpenPairs};

}  // namespace

void RegisterPairsTable(sqlite3* db, const ConnectionPtr& connection) {
  RegisterFunctionTable(db, &kPairs, connection);
}

}  // namespace semblance::sql
