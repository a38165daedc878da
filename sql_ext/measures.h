// The numbers an evaluation is made of: correlations of two series, and the two measures of Wang &
// Isola (2020) that the SimCSE paper draws, over unit vectors. No SQL here; everything is computed
// in double.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <span>
#include <vector>

namespace semblance::sql {

// Pearson's correlation, updated pair by pair (Welford), so that its memory does not grow.
class Pearson {
 public:
  void Add(double x, double y);
  // nullopt when it is undefined: fewer than two pairs, a constant series, or an infinite number.
  std::optional<double> Value() const;

 private:
  uint64_t count_ = 0;
  double mean_x_ = 0, mean_y_ = 0;
  double sum_xx_ = 0, sum_yy_ = 0, sum_xy_ = 0;  // of deviations from the means
};

// Ranks from 1; equal values share the average of their ranks. O(n log n).
std::vector<double> AverageRanks(std::span<const double> values);
// Pearson's correlation of the ranks; x and y have one size. nullopt as above.
std::optional<double> Spearman(std::span<const double> x, std::span<const double> y);

// Mean of |x/|x| - y/|y||^2 over positive pairs: 0 when all pairs coincide, 4 when all are
// opposite.
class Alignment {
 public:
  // Two vectors of one dimension, neither zero.
  void Add(std::span<const float> x, std::span<const float> y);
  std::optional<double> Value() const;  // nullopt without pairs

 private:
  uint64_t count_ = 0;
  double sum_ = 0;
};

// log of the mean of exp(-2 |a - b|^2) over all pairs of unit vectors: 0 when all coincide, smaller
// the more evenly they cover the sphere.
//
// Exact up to kSample vectors; of more, a uniform sample of kSample is kept (reservoir, fixed seed,
// so the same rows in the same order give the same number). Memory: at most kSample vectors in f32,
// 6 MiB at 384 dimensions. Time: Value() visits kSample^2 / 2 pairs at most, about a second at 384
// dimensions.
class Uniformity {
 public:
  static constexpr size_t kSample = 4096;

  // A vector that is not zero, of the dimension of the first.
  void Add(std::span<const float> vector);
  size_t dimension() const { return dimension_; }  // 0 before the first
  std::optional<double> Value() const;             // nullopt with fewer than two vectors

 private:
  size_t dimension_ = 0;
  uint64_t seen_ = 0;
  std::vector<float> vectors_;  // [inverse_norms_.size(), dimension_] row-major, raw
  std::vector<double> inverse_norms_;
  std::mt19937_64 random_{20210418};
};

// sum a[i] * b[i] in double.
double DotInDouble(const float* a, const float* b, size_t dimension);

}  // namespace semblance::sql
