// Vectors as 8-bit codes (sq8): a quarter of the memory, compared several times as fast, and only
// nearly right.
//
// A row x becomes  centre + scale * codes,  a scale a row, so that its largest difference from the
// centre is 127. The centre is the rows' mean; under the inner product, where moving the origin
// changes the order, it is zero. A distance of codes is only good for choosing candidates: what is
// returned to anybody is measured again with the full vectors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

#include "index/big_array.h"
#include "index/code_kernels.h"
#include "index/kernels.h"
#include "index/metric.h"

namespace semblance::index {

struct CodeTerms {
  float scale;   // not negative, finite
  float square;  // the squared length of x - centre; 0 under the inner product
};

struct Codes {
  Metric metric = Metric::kCosine;
  uint32_t dimension = 0;
  BigArray<float> centre;     // [dimension], or empty without rows
  BigArray<int8_t> codes;     // [size, CodeStride(dimension)], -127 .. 127
  BigArray<CodeTerms> terms;  // [size]

  uint32_t size() const { return static_cast<uint32_t>(terms.size()); }
  size_t stride() const { return CodeStride(dimension); }
  size_t bytes() const { return centre.bytes() + codes.bytes() + terms.bytes(); }
  const int8_t* row(size_t i) const { return codes.data() + i * stride(); }
};

// rows [size, dimension], finite; under cosine of unit length.
Codes Encode(Metric metric, const float* rows, uint32_t size, uint32_t dimension);

// What orders like the distance of the vectors behind them: half the squared distance under cosine
// and L2, the negative product otherwise; finite.
inline float CodeDistance(const CodeTerms& a, const CodeTerms& b, int32_t product) {
  constexpr float kLargest = std::numeric_limits<float>::max();
  const float distance =
      0.5f * (a.square + b.square) - a.scale * b.scale * static_cast<float>(product);
  if (!(distance < kLargest)) return kLargest;  // a NaN, too
  return distance > -kLargest ? distance : -kLargest;
}

// As Scorer, over codes; its distances are CodeDistance's.
class CodeScorer {
 public:
  // `codes` is not owned. `query` as Scorer takes it; throws as Scorer.
  CodeScorer(const Codes& codes, std::span<const float> query);

  void Score(size_t first, size_t count, float* distances) const;
  void ScoreAt(const uint32_t* positions, size_t count, float* distances,
               RowOrder order = RowOrder::kScattered) const;
  float ScoreOne(uint32_t position) const;
  float slack() const { return 0; }
  float Refined(uint32_t, float distance) const { return distance; }
  void Prefetch(uint32_t position) const;

 private:
  template <RowOrder kOrder, typename PositionAt>
  void Compute(PositionAt position_at, size_t count, float* distances) const;

  const Codes& codes_;
  const CodeKernel& kernel_;
  BigArray<int8_t> query_;
  CodeTerms terms_;
};

}  // namespace semblance::index
