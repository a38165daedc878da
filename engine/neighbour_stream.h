// Rows by growing distance, ties by row id, for as long as somebody asks, so that JOINs, leftover
// WHERE terms and OFFSET are right by construction. The order is never broken, and no row comes
// twice.
//
// Rows that are counted beforehand, and the first ones of a big collection, come from an
// approximate search; what is pulled beyond them comes from an exact scan, or where there are lists
// (index=ivf) from searches of four times as many rows in four times as many lists, until that is
// no cheaper than an exact scan. A row that the
// approximate search had missed and that lies nearer than the last one given stays missed.
// `complete` asks for every row; so does, without saying, whoever does not count them and has few
// to compare.
//
// Owner: a cursor. Threads: one at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <unordered_set>
#include <vector>

#include "engine/view.h"

namespace semblance::engine {

class NeighbourStream {
 public:
  struct Options {
    std::optional<uint32_t> wanted;           // rows that will be asked for, when it is known
    bool complete = false;                    // no row may be missed
    uint32_t ef = 64;                         // candidates of the approximate search
    uint32_t oversample = 0;                  // as ViewSearch has it
    uint32_t nprobe = 32;                     // lists of it
    std::shared_ptr<const RowFilter> filter;  // nullptr: every row
    std::function<bool()> cancel;             // as ViewSearch has it; empty: never
    SearchReport* report = nullptr;           // as ViewSearch has it
  };
  NeighbourStream(View view, std::vector<float> query, Options options);

  std::optional<Found> Next();  // nullopt: no row is left

 private:
  void Begin();
  void Continue();
  std::vector<Found> Search(uint64_t k, uint32_t nprobe, bool exact) const;

  const View view_;
  const std::vector<float> query_;
  const Options options_;
  const uint64_t most_;  // rows there can be
  bool begun_ = false;
  bool exact_ = false;                 // the first search was: so are those behind it
  bool complete_ = false;              // `batch_` holds every row that is left
  uint64_t k_ = 0;                     // of the last search
  uint32_t nprobe_ = 0;                // of the last search
  std::unordered_set<int64_t> given_;  // of batches before this one
  std::vector<Found> batch_;
  size_t position_ = 0;
};

}  // namespace semblance::engine
