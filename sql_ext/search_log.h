// What the searches of one statement touched, noted by their cursors while
// Connection::search_log points here.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "engine/neighbour_stream.h"
#include "sql_ext/table.h"

namespace semblance::sql {

class SearchLog {
 public:
  struct Entry {
    std::string table, column;
    engine::SearchReport report;
    // To ask again.
    engine::View view;
    std::vector<float> query;
    std::shared_ptr<const engine::RowFilter> filter;
  };

  // A search that is about to begin. The report stays where it is as long as the log; nullptr after
  // kMost searches.
  engine::SearchReport* Note(const Table& table, size_t vector, const engine::View& view,
                             const std::vector<float>& query,
                             const engine::NeighbourStream::Options& options) {
    if (entries_.size() == kMost) return nullptr;
    entries_.push_back(
        {table.shadow.table(), table.columns.VectorName(vector), {}, view, query, options.filter});
    return &entries_.back().report;
  }
  const std::deque<Entry>& entries() const { return entries_; }

  static constexpr size_t kMost = 1000;

 private:
  std::deque<Entry> entries_;
};

}  // namespace semblance::sql
