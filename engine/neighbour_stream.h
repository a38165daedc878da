// Rows by growing distance, ties by row id, for as long as somebody asks, so that JOINs, leftover
// WHERE terms and OFFSET are right by construction.
//
// Who says how many rows are wanted gets them from one approximate search; what is pulled beyond
// them comes from an exact scan. A row that the approximate search had missed and that lies nearer
// than the last one given stays missed: the order is never broken. Who does not say gets an exact
// scan from the start: every row, once. No row comes twice.
//
// Owner: a cursor. Threads: one at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <unordered_set>
#include <vector>

#include "engine/view.h"

namespace semblance::engine {

class NeighbourStream {
 public:
  // `wanted`: rows that will be asked for, when it is known. `filter` may be nullptr.
  NeighbourStream(View view, std::vector<float> query, std::optional<uint32_t> wanted, uint32_t ef,
                  std::shared_ptr<const RowFilter> filter);

  std::optional<Found> Next();  // nullopt: no row is left

 private:
  void Begin();
  void Continue();
  std::vector<Found> Search(uint64_t k, bool exact) const;

  const View view_;
  const std::vector<float> query_;
  const std::shared_ptr<const RowFilter> filter_;
  const uint64_t most_;  // rows there can be
  const std::optional<uint32_t> wanted_;
  const uint32_t ef_;
  bool begun_ = false;
  bool complete_ = false;  // `batch_` holds every row that is left
  std::vector<Found> batch_;
  size_t position_ = 0;
};

}  // namespace semblance::engine
