// 8-bit codes of raw rows that stay where they are, with what a distance by code may err: a scan
// reads a quarter of the memory, passes over rows that cannot be among the nearest, and measures
// the others by their vectors. So it misses nothing.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <utility>

#include "index/codes.h"
#include "index/metric.h"

namespace semblance::index {

// Immutable. Threads: const methods may run concurrently.
class RowCodes {
 public:
  // vectors [n, dimension], raw, not kept. nullptr where codes do not help: few dimensions, a
  // length that f32 cannot square, a zero row under cosine.
  static std::shared_ptr<const RowCodes> Of(Metric metric, std::span<const float> vectors,
                                            uint32_t dimension);

  uint32_t size() const { return codes_.size(); }
  uint64_t memory_bytes() const { return codes_.bytes() + rows_.bytes(); }

 private:
  friend class RowCodeScorer;
  struct Lengths {
    float row;    // less the centre
    float error;  // of what its codes leave
  };
  RowCodes(Codes codes, BigArray<Lengths> rows)
      : codes_(std::move(codes)), rows_(std::move(rows)) {}

  const Codes codes_;
  const BigArray<Lengths> rows_;
};

// Distances from one query to coded rows, from below.
class RowCodeScorer {
 public:
  // `codes` is not owned. `query` as Scorer takes it.
  RowCodeScorer(const RowCodes& codes, std::span<const float> query);

  // Whether codes say anything about this query.
  bool usable() const { return usable_; }
  // least[i]: what the distance to row positions[i], on metric.h's scale, is surely not below.
  //
  // With x = s c + e for a row and q = t d + f for the query, x q - s t c d = x f + e q - e f,
  // which by Cauchy and Schwarz is not more than |x||f| + |e||q| + |e||f|.
  void Least(const uint32_t* positions, uint32_t count, float* least) const;

 private:
  const RowCodes& codes_;
  const CodeScorer scorer_;
  const double length_;  // of the query less the centre
  const double error_;   // of its codes
  const bool usable_;
};

}  // namespace semblance::index
