// The numbers by which sentence vectors are judged. Vectors are [rows, dimension] row-major f32;
// values are computed in double. NaN where a measure is undefined (no rows, one row, a constant
// side).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace semblance::training {

// Rank correlation in [-1, 1] with average ranks for ties; the spans have the same length.
double Spearman(std::span<const double> a, std::span<const double> b);

// Mean over rows of |x - y|^2, rows scaled to unit length first. Lower is better.
double Alignment(std::span<const float> x, std::span<const float> y, size_t dimension);

// log of the mean over all pairs i < j of exp(-2 |x_i - x_j|^2), rows scaled to unit length first.
// Lower is better.
double Uniformity(std::span<const float> x, size_t dimension);

// Mean cosine over all pairs i < j: how far the vectors lie in one cone. 0 where directions are
// spread evenly, 1 where they coincide.
double Anisotropy(std::span<const float> x, size_t dimension);

double Cosine(const float* a, const float* b, size_t dimension);  // 0 when a side is zero

}  // namespace semblance::training
