#include "engine/training/measures.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

namespace semblance::training {
namespace {

constexpr double kUndefined = std::numeric_limits<double>::quiet_NaN();

std::vector<double> AverageRanks(std::span<const double> values) {
  std::vector<size_t> order(values.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return values[a] < values[b]; });
  std::vector<double> ranks(values.size());
  for (size_t begin = 0; begin < order.size();) {
    size_t end = begin + 1;
    while (end < order.size() && values[order[end]] == values[order[begin]]) ++end;
    const double rank = (static_cast<double>(begin + end) + 1) / 2;
    for (size_t i = begin; i < end; ++i) ranks[order[i]] = rank;
    begin = end;
  }
  return ranks;
}

double Pearson(const std::vector<double>& a, const std::vector<double>& b) {
  const double n = static_cast<double>(a.size());
  const double mean_a = std::accumulate(a.begin(), a.end(), 0.0) / n;
  const double mean_b = std::accumulate(b.begin(), b.end(), 0.0) / n;
  double ab = 0, aa = 0, bb = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    ab += (a[i] - mean_a) * (b[i] - mean_b);
    aa += (a[i] - mean_a) * (a[i] - mean_a);
    bb += (b[i] - mean_b) * (b[i] - mean_b);
  }
  return aa > 0 && bb > 0 ? ab / std::sqrt(aa * bb) : kUndefined;
}

// Rows of unit length; a zero row stays zero.
std::vector<double> UnitRows(std::span<const float> x, size_t dimension) {
  std::vector<double> out(x.begin(), x.end());
  for (size_t row = 0; row + dimension <= out.size(); row += dimension) {
    double squares = 0;
    for (size_t d = 0; d < dimension; ++d) squares += out[row + d] * out[row + d];
    const double scale = squares > 0 ? 1 / std::sqrt(squares) : 0;
    for (size_t d = 0; d < dimension; ++d) out[row + d] *= scale;
  }
  return out;
}

double SquaredDistance(const double* a, const double* b, size_t dimension) {
  double sum = 0;
  for (size_t d = 0; d < dimension; ++d) sum += (a[d] - b[d]) * (a[d] - b[d]);
  return sum;
}

}  // namespace

double Spearman(std::span<const double> a, std::span<const double> b) {
  if (a.size() != b.size() || a.size() < 2) return kUndefined;
  const auto not_a_number = [](double value) { return std::isnan(value); };
  if (std::any_of(a.begin(), a.end(), not_a_number)) return kUndefined;
  if (std::any_of(b.begin(), b.end(), not_a_number)) return kUndefined;
  return Pearson(AverageRanks(a), AverageRanks(b));
}

double Alignment(std::span<const float> x, std::span<const float> y, size_t dimension) {
  const size_t rows = dimension == 0 ? 0 : std::min(x.size(), y.size()) / dimension;
  if (rows == 0) return kUndefined;
  const std::vector<double> a = UnitRows(x, dimension), b = UnitRows(y, dimension);
  double sum = 0;
  for (size_t row = 0; row < rows; ++row) {
    sum += SquaredDistance(&a[row * dimension], &b[row * dimension], dimension);
  }
  return sum / static_cast<double>(rows);
}

double Uniformity(std::span<const float> x, size_t dimension) {
  const size_t rows = dimension == 0 ? 0 : x.size() / dimension;
  if (rows < 2) return kUndefined;
  const std::vector<double> a = UnitRows(x, dimension);
  double sum = 0;
  for (size_t i = 0; i < rows; ++i) {
    for (size_t j = i + 1; j < rows; ++j) {
      sum += std::exp(-2 * SquaredDistance(&a[i * dimension], &a[j * dimension], dimension));
    }
  }
  return std::log(sum / (static_cast<double>(rows) * static_cast<double>(rows - 1) / 2));
}

double Anisotropy(std::span<const float> x, size_t dimension) {
  const size_t rows = dimension == 0 ? 0 : x.size() / dimension;
  if (rows < 2) return kUndefined;
  // |sum of all|^2 holds every pair twice, and each row's own square, which is 1 or, of zeros, 0.
  const std::vector<double> a = UnitRows(x, dimension);
  std::vector<double> sum(dimension);
  double own = 0;
  for (size_t row = 0; row < rows; ++row) {
    for (size_t d = 0; d < dimension; ++d) {
      sum[d] += a[row * dimension + d];
      own += a[row * dimension + d] * a[row * dimension + d];
    }
  }
  const double all = std::inner_product(sum.begin(), sum.end(), sum.begin(), 0.0);
  return (all - own) / (static_cast<double>(rows) * static_cast<double>(rows - 1));
}

double Cosine(const float* a, const float* b, size_t dimension) {
  double ab = 0, aa = 0, bb = 0;
  for (size_t d = 0; d < dimension; ++d) {
    ab += static_cast<double>(a[d]) * b[d];
    aa += static_cast<double>(a[d]) * a[d];
    bb += static_cast<double>(b[d]) * b[d];
  }
  return aa > 0 && bb > 0 ? ab / std::sqrt(aa * bb) : 0;
}

}  // namespace semblance::training
