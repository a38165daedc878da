// Retrieval accuracy over pairs of vectors: does each side of a pair find the other among all? In
// one header, so that SQL's aggregate and a run's measurement are the same numbers.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <vector>

namespace semblance::training {

// [pairs] each: 1 where the nearest of all of the other side (by cosine) is the pair's own, 0 where
// another is nearer, 1 / k where k are as near as it: what a choice among them would give.
struct Retrieval {
  std::vector<double> forward;   // a finds b
  std::vector<double> backward;  // b finds a
};

namespace retrieval_internal {

// Rows of unit length; a zero row stays zero.
inline std::vector<float> UnitRows(std::span<const float> x, size_t dimension) {
  std::vector<float> out(x.begin(), x.end());
  for (size_t row = 0; row + dimension <= out.size(); row += dimension) {
    double squares = 0;
    for (size_t d = 0; d < dimension; ++d) {
      squares += static_cast<double>(x[row + d]) * static_cast<double>(x[row + d]);
    }
    const double scale = squares > 0 ? 1 / std::sqrt(squares) : 0;
    for (size_t d = 0; d < dimension; ++d) {
      out[row + d] = static_cast<float>(static_cast<double>(x[row + d]) * scale);
    }
  }
  return out;
}

// The same bits for the same vectors, so that equal texts are equally near.
inline float Dot(const float* a, const float* b, size_t dimension) {
  constexpr size_t kLanes = 16;
  float sums[kLanes] = {};
  size_t i = 0;
  for (; i + kLanes <= dimension; i += kLanes) {
    for (size_t lane = 0; lane < kLanes; ++lane) sums[lane] += a[i + lane] * b[i + lane];
  }
  for (; i < dimension; ++i) sums[0] += a[i] * b[i];
  float sum = 0;
  for (const float lane : sums) sum += lane;
  return sum;
}

// The nearest of the other side so far, and how many are as near.
struct Nearest {
  float cosine = -std::numeric_limits<float>::infinity();
  size_t count = 0;
  void See(float other) {
    if (other > cosine) {
      cosine = other;
      count = 0;
    }
    if (other == cosine) ++count;
  }
  double Found(float own) const { return own == cosine ? 1 / static_cast<double>(count) : 0; }
};

}  // namespace retrieval_internal

// `a` and `b` are [pairs, dimension] row-major. Time grows with the square of the pairs: 10,000 of
// 256 dimensions take a few seconds. `stop` is asked before each row; true ends it, and what is
// given then is empty.
template <typename Stop>
Retrieval RetrievePairs(std::span<const float> a, std::span<const float> b, size_t dimension,
                        const Stop& stop) {
  namespace internal = retrieval_internal;
  Retrieval found;
  const size_t pairs = dimension == 0 ? 0 : std::min(a.size(), b.size()) / dimension;
  if (pairs == 0) return found;
  const std::vector<float> x = internal::UnitRows(a.first(pairs * dimension), dimension);
  const std::vector<float> y = internal::UnitRows(b.first(pairs * dimension), dimension);
  std::vector<internal::Nearest> nearest_a(pairs), nearest_b(pairs);
  std::vector<float> own(pairs);
  for (size_t i = 0; i < pairs; ++i) {
    if (stop()) return found;
    for (size_t j = 0; j < pairs; ++j) {
      const float cosine = internal::Dot(&x[i * dimension], &y[j * dimension], dimension);
      nearest_b[i].See(cosine);
      nearest_a[j].See(cosine);
      if (i == j) own[i] = cosine;
    }
  }
  for (size_t i = 0; i < pairs; ++i) {
    found.forward.push_back(nearest_b[i].Found(own[i]));
    found.backward.push_back(nearest_a[i].Found(own[i]));
  }
  return found;
}

}  // namespace semblance::training
