#include "sql_ext/measures.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace semblance::sql {

void Pearson::Add(double x, double y) {
  ++count_;
  const double n = static_cast<double>(count_);
  const double dx = x - mean_x_;
  const double dy = y - mean_y_;
  mean_x_ += dx / n;
  mean_y_ += dy / n;
  sum_xx_ += dx * (x - mean_x_);
  sum_yy_ += dy * (y - mean_y_);
  sum_xy_ += dx * (y - mean_y_);
}

std::optional<double> Pearson::Value() const {
  const double scale = std::sqrt(sum_xx_) * std::sqrt(sum_yy_);
  if (count_ < 2 || !(scale > 0) || !std::isfinite(scale) || !std::isfinite(sum_xy_)) {
    return std::nullopt;
  }
  return std::clamp(sum_xy_ / scale, -1.0, 1.0);
}

std::vector<double> AverageRanks(std::span<const double> values) {
  std::vector<size_t> order(values.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return values[a] < values[b]; });
  std::vector<double> ranks(values.size());
  for (size_t begin = 0; begin < order.size();) {
    size_t end = begin + 1;
    while (end < order.size() && values[order[end]] == values[order[begin]]) ++end;
    // Ranks begin + 1 .. end.
    const double rank = (static_cast<double>(begin) + static_cast<double>(end) + 1) / 2;
    for (size_t i = begin; i < end; ++i) ranks[order[i]] = rank;
    begin = end;
  }
  return ranks;
}

std::optional<double> Spearman(std::span<const double> x, std::span<const double> y) {
  const std::vector<double> ranks_x = AverageRanks(x);
  const std::vector<double> ranks_y = AverageRanks(y);
  Pearson pearson;
  for (size_t i = 0; i < ranks_x.size(); ++i) pearson.Add(ranks_x[i], ranks_y[i]);
  return pearson.Value();
}

double DotInDouble(const float* a, const float* b, size_t dimension) {
  // Four independent sums, so that one addition need not wait for the one before.
  constexpr size_t kLanes = 4;
  double sums[kLanes] = {};
  size_t i = 0;
  for (; i + kLanes <= dimension; i += kLanes) {
    for (size_t lane = 0; lane < kLanes; ++lane) {
      sums[lane] += static_cast<double>(a[i + lane]) * static_cast<double>(b[i + lane]);
    }
  }
  for (; i < dimension; ++i) sums[0] += static_cast<double>(a[i]) * static_cast<double>(b[i]);
  return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

namespace {

double InverseNorm(std::span<const float> vector) {
  return 1 / std::sqrt(DotInDouble(vector.data(), vector.data(), vector.size()));
}

// |a - b|^2 of unit vectors from their cosine; rounding must not make it negative.
double SquaredDistance(double cosine) { return std::max(0.0, 2 - 2 * cosine); }

}  // namespace

void Alignment::Add(std::span<const float> x, std::span<const float> y) {
  const double product = DotInDouble(x.data(), y.data(), x.size());
  sum_ += SquaredDistance(product * InverseNorm(x) * InverseNorm(y));
  ++count_;
}

std::optional<double> Alignment::Value() const {
  if (count_ == 0) return std::nullopt;
  return sum_ / static_cast<double>(count_);
}

void Uniformity::Add(std::span<const float> vector) {
  ++seen_;
  if (dimension_ == 0) dimension_ = vector.size();
  if (inverse_norms_.size() < kSample) {
    vectors_.insert(vectors_.end(), vector.begin(), vector.end());
    inverse_norms_.push_back(InverseNorm(vector));
    return;
  }
  // The n-th vector stays with probability kSample / n. The bias of the remainder is below n /
  // 2^64.
  const uint64_t slot = random_() % seen_;
  if (slot >= kSample) return;
  std::copy(vector.begin(), vector.end(),
            vectors_.begin() + static_cast<ptrdiff_t>(slot * dimension_));
  inverse_norms_[slot] = InverseNorm(vector);
}

std::optional<double> Uniformity::Value() const {
  const size_t count = inverse_norms_.size();
  if (count < 2) return std::nullopt;
  double sum = 0;
  for (size_t i = 0; i < count; ++i) {
    const float* a = vectors_.data() + i * dimension_;
    double row = 0;
    for (size_t j = i + 1; j < count; ++j) {
      const double product = DotInDouble(a, vectors_.data() + j * dimension_, dimension_);
      row += std::exp(-2 * SquaredDistance(product * inverse_norms_[i] * inverse_norms_[j]));
    }
    sum += row;
  }
  const double pairs = static_cast<double>(count) * static_cast<double>(count - 1) / 2;
  return std::log(sum / pairs);
}

}  // namespace semblance::sql
