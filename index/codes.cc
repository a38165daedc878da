#include "index/codes.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "index/scorer.h"

namespace semblance::index {
namespace {

constexpr float kLargest = std::numeric_limits<float>::max();

BigArray<float> CentreOf(Metric metric, const float* rows, uint32_t size, uint32_t dimension) {
  if (size == 0) return {};
  std::vector<double> sums(dimension, 0.0);
  if (metric != Metric::kInnerProduct) {
    for (size_t row = 0; row < size; ++row) {
      for (size_t i = 0; i < dimension; ++i) sums[i] += rows[row * dimension + i];
    }
  }
  BigArray<float> centre(dimension);
  for (size_t i = 0; i < dimension; ++i) {
    centre[i] = static_cast<float>(sums[i] / size);
  }
  return centre;
}

float Difference(float x, float centre) {
  return static_cast<float>(
      std::clamp<double>(static_cast<double>(x) - centre, -kLargest, kLargest));
}

CodeTerms EncodeRow(Metric metric, const float* row, std::span<const float> centre, int8_t* codes) {
  float largest = 0;
  double square = 0;
  for (size_t i = 0; i < centre.size(); ++i) {
    const float difference = Difference(row[i], centre[i]);
    largest = std::max(largest, std::abs(difference));
    square += static_cast<double>(difference) * difference;
  }
  const float scale = largest / 127;
  // Of a scale too small for its reciprocal every code is zero.
  const float inverse = scale >= std::numeric_limits<float>::min() ? 1 / scale : 0;
  for (size_t i = 0; i < centre.size(); ++i) {
    const float code = std::nearbyint(Difference(row[i], centre[i]) * inverse);
    codes[i] = static_cast<int8_t>(std::clamp(code, -127.0f, 127.0f));
  }
  std::memset(codes + centre.size(), 0, CodeStride(centre.size()) - centre.size());
  if (metric == Metric::kInnerProduct) square = 0;
  return {scale, static_cast<float>(std::min<double>(square, kLargest))};
}

}  // namespace

Codes Encode(Metric metric, const float* rows, uint32_t size, uint32_t dimension) {
  Codes codes;
  codes.metric = metric;
  codes.dimension = dimension;
  codes.centre = CentreOf(metric, rows, size, dimension);
  codes.codes = BigArray<int8_t>(size * CodeStride(dimension));
  codes.terms = BigArray<CodeTerms>(size);
  for (size_t i = 0; i < size; ++i) {
    codes.terms[i] = EncodeRow(metric, rows + i * dimension, codes.centre.span(),
                               codes.codes.data() + i * codes.stride());
  }
  return codes;
}

CodeScorer::CodeScorer(const Codes& codes, std::span<const float> query)
    : codes_(codes), kernel_(BestCodeKernel()), query_(codes.stride()) {
  CheckVector(codes.metric, query, "query");
  std::vector<float> scaled(query.begin(), query.end());
  if (codes.metric == Metric::kCosine) Normalize(scaled.data(), scaled.size());
  terms_ = EncodeRow(codes.metric, scaled.data(), codes.centre.span(), query_.data());
}

void CodeScorer::Score(size_t first, size_t count, float* distances) const {
  Compute<RowOrder::kInOrder>([first](size_t i) { return static_cast<uint32_t>(first + i); }, count,
                              distances);
}

void CodeScorer::ScoreAt(const uint32_t* positions, size_t count, float* distances,
                         RowOrder order) const {
  const auto position_at = [positions](size_t i) { return positions[i]; };
  if (order == RowOrder::kInOrder) {
    Compute<RowOrder::kInOrder>(position_at, count, distances);
  } else {
    Compute<RowOrder::kScattered>(position_at, count, distances);
  }
}

float CodeScorer::ScoreOne(uint32_t position) const {
  float distance;
  ScoreAt(&position, 1, &distance);
  return distance;
}

}  // namespace semblance::index
