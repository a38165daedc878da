// Distances from one query to the rows of an array.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "index/big_array.h"
#include "index/kernels.h"
#include "index/metric.h"

namespace semblance::index {

// Throws kInvalid, naming `what`, unless every element is finite and, under cosine, one is not
// zero.
void CheckVector(Metric metric, std::span<const float> vector, const char* what);

// Computes on metric.h's scale; a distance is always finite, also where f32 overflows on the way
// (then in double, and cut off at the largest float). A constant Scorer may be used from several
// threads.
class Scorer {
 public:
  // How the rows lie in memory: as they were given, or scaled to unit length (which only cosine
  // asks about).
  enum class Rows { kRaw, kUnit };

  // rows [n, query.size()] row-major, not owned; the query is copied and need not be normalised.
  // Throws kInvalid for a query that CheckVector refuses.
  Scorer(Metric metric, std::span<const float> query, const float* rows, Rows kind);

  // distances[i] for the rows first .. first + count - 1.
  void Score(size_t first, size_t count, float* distances) const;
  // distances[i] for the row positions[i]; in any order, `order` only tells what is fast.
  void ScoreAt(const uint32_t* positions, size_t count, float* distances,
               RowOrder order = RowOrder::kScattered) const;
  float ScoreOne(uint32_t position) const;
  // Under cosine a raw row's distance is off by up to slack() from what it is at unit length.
  // Refined gives the latter, to the last bit, so that the same vector has the same distance
  // wherever it lies and ties are ties.
  float slack() const { return metric_ == Metric::kCosine && kind_ == Rows::kRaw ? 2e-5f : 0; }
  float Refined(uint32_t position, float distance) const;
  // What a distance that was measured is surely not below.
  float Least(uint32_t, float distance) const { return distance - slack(); }
  static constexpr bool kByCode = false;
  void Prefetch(uint32_t position) const { PrefetchRow(Row(position), dimension_); }

 private:
  const float* Row(size_t position) const { return rows_ + position * dimension_; }
  // Turns what the kernel gave into distances.
  template <typename RowAt>
  void Finish(RowAt row_at, size_t count, float* values) const;
  float CosineOfRaw(float product, const float* row) const;
  float InDouble(const float* row) const;

  const Metric metric_;
  const Rows kind_;
  const size_t dimension_;
  const float* const rows_;
  const Kernel kernel_;
  BigArray<float> query_;
};

}  // namespace semblance::index
