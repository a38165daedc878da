// Rows by growing distance, for as long as somebody asks: k and LIMIT are hints of how far to look
// first, so that JOINs, leftover WHERE terms and OFFSET are right by construction.
//
// The first answers come from an approximate search; when they are used up, a wider one follows,
// and at last every row that is left by an exact scan. No row comes twice. A row that an
// approximate search had missed comes later than a farther one; with one exact flat segment that
// cannot happen.
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
  // `hint`: how many rows will probably be asked for. `filter` may be nullptr.
  NeighbourStream(View view, std::vector<float> query, uint32_t hint, uint32_t ef,
                  std::shared_ptr<const RowFilter> filter);

  std::optional<Found> Next();  // nullopt: no row is left

 private:
  void Widen();

  const View view_;
  const std::vector<float> query_;
  const std::shared_ptr<const RowFilter> filter_;
  const uint64_t most_;  // rows there can be
  uint32_t ef_;
  uint64_t next_k_;
  bool complete_ = false;  // `batch_` holds every row that is left
  std::vector<Found> batch_;
  size_t position_ = 0;
  std::unordered_set<int64_t> given_;
};

}  // namespace semblance::engine
