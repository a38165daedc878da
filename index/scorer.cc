#include "index/scorer.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "index/error.h"

namespace semblance::index {
namespace {

// Sums of squares outside of this range may have lost precision to underflow, or overflowed.
constexpr float kSmallestSquare = 1e-30f;
constexpr float kLargestSquare = 1e30f;

}  // namespace

void CheckVector(Metric metric, std::span<const float> vector, const char* what) {
  bool zero = true;
  for (size_t i = 0; i < vector.size(); ++i) {
    if (!std::isfinite(vector[i])) {
      throw Error(ErrorKind::kInvalid,
                  std::string(what) + ": element " + std::to_string(i) + " is not a finite number");
    }
    zero = zero && vector[i] == 0;
  }
  if (zero && metric == Metric::kCosine) {
    throw Error(ErrorKind::kInvalid,
                std::string(what) + ": a zero vector has no direction and so no cosine distance");
  }
}

Scorer::Scorer(Metric metric, std::span<const float> query, const float* rows, Rows kind)
    : metric_(metric),
      kind_(kind),
      dimension_(query.size()),
      rows_(rows),
      kernel_(metric == Metric::kL2 ? BestKernels().squared_l2 : BestKernels().inner_product),
      query_(query.size()) {
  CheckVector(metric, query, "query");
  std::copy(query.begin(), query.end(), query_.data());
  if (metric == Metric::kCosine) Normalize(query_.data(), dimension_);
}

void Scorer::Score(size_t first, size_t count, float* distances) const {
  const auto row_at = [this, first](size_t i) { return Row(first + i); };
  ComputeRows<RowOrder::kInOrder>(kernel_, query_.data(), row_at, count, dimension_, distances);
  Finish(row_at, count, distances);
}

void Scorer::ScoreAt(const uint32_t* positions, size_t count, float* distances,
                     RowOrder order) const {
  const auto row_at = [this, positions](size_t i) { return Row(positions[i]); };
  if (order == RowOrder::kInOrder) {
    ComputeRows<RowOrder::kInOrder>(kernel_, query_.data(), row_at, count, dimension_, distances);
  } else {
    ComputeRows<RowOrder::kScattered>(kernel_, query_.data(), row_at, count, dimension_, distances);
  }
  Finish(row_at, count, distances);
}

float Scorer::ScoreOne(uint32_t position) const {
  float distance;
  ScoreAt(&position, 1, &distance);
  return distance;
}

float Scorer::Refined(uint32_t position, float distance) const {
  if (slack() == 0) return distance;
  BigArray<float> unit(dimension_);
  std::copy(Row(position), Row(position) + dimension_, unit.data());
  if (!Normalize(unit.data(), dimension_)) return distance;
  const float product = kernel_.one(query_.data(), unit.data(), dimension_);
  return std::isfinite(product) ? std::clamp(1 - product, 0.0f, 2.0f) : distance;
}

template <typename RowAt>
void Scorer::Finish(RowAt row_at, size_t count, float* values) const {
  switch (metric_) {
    case Metric::kCosine:
      for (size_t i = 0; i < count; ++i) {
        values[i] = kind_ == Rows::kRaw        ? CosineOfRaw(values[i], row_at(i))
                    : std::isfinite(values[i]) ? std::clamp(1 - values[i], 0.0f, 2.0f)
                                               : InDouble(row_at(i));
      }
      return;
    case Metric::kL2:
      for (size_t i = 0; i < count; ++i) {
        const bool precise = values[i] >= kSmallestSquare && values[i] <= kLargestSquare;
        values[i] = precise ? std::sqrt(values[i]) : InDouble(row_at(i));
      }
      return;
    case Metric::kInnerProduct:
      for (size_t i = 0; i < count; ++i) {
        values[i] = std::isfinite(values[i]) ? -values[i] : InDouble(row_at(i));
      }
      return;
  }
}

float Scorer::CosineOfRaw(float product, const float* row) const {
  const float square = kernel_.one(row, row, dimension_);
  if (!(square >= kSmallestSquare && square <= kLargestSquare)) return InDouble(row);
  return std::clamp(1 - product / std::sqrt(square), 0.0f, 2.0f);
}

float Scorer::InDouble(const float* row) const {
  constexpr float kLargest = std::numeric_limits<float>::max();
  const double distance = Distance(metric_, query_.data(), row, dimension_);
  // Only a zero row under cosine, or a row that is not finite, gives NaN: it is farther than any
  // other.
  if (std::isnan(distance)) return kLargest;
  return static_cast<float>(std::clamp<double>(distance, -kLargest, kLargest));
}

}  // namespace semblance::index
