#include "index/centre_finder.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "index/first_least.h"
#include "index/scorer.h"

namespace semblance::index {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

uint32_t Least(const std::vector<float>& distances) {
  return static_cast<uint32_t>(FirstLeast(distances.data(), distances.size()));
}

// Whether one of them is less than that.
bool AnyBelow(const float* numbers, size_t count, float bound) {
  int below = 0;
  for (size_t i = 0; i < count; ++i) below |= numbers[i] < bound;
  return below != 0;
}

}  // namespace

CentreFinder::CentreFinder(std::span<const float> centres, uint32_t dimension)
    : centres_(centres), dimension_(dimension) {
  if (dimension < kCodesFrom) return;
  codes_ = Encode(Metric::kL2, Quantization::kSq8, centres.data(), count(), dimension);
  for (const CodeTerms& terms : codes_->terms.span()) {
    largest_.scale = std::max(largest_.scale, terms.scale);
    largest_.square = std::max(largest_.square, terms.square);
  }
}

CentreFinder::Nearest CentreFinder::Find(std::span<const float> row,
                                         std::vector<float>& distances) const {
  distances.resize(count());
  if (codes_) return FindByCodes(row, distances);
  SquaredL2s(row.data(), centres_.data(), count(), dimension_, distances.data());
  const uint32_t nearest = Least(distances);
  return {nearest, distances[nearest]};
}

// Codes say which centres may be the nearest; those are measured in full. Distances by codes are
// half the squared ones, and may be too large by the slack.
CentreFinder::Nearest CentreFinder::FindByCodes(std::span<const float> row,
                                                std::vector<float>& distances) const {
  const CodeScorer scorer(*codes_, row);
  scorer.Score(0, count(), distances.data());
  uint32_t nearest = Least(distances);
  float best = Squared(row, nearest);
  const double slack = scorer.Slack(largest_);
  const auto bound = [&] {
    const double least = best / 2.0 + slack;
    return std::isfinite(least) ? std::nextafter(static_cast<float>(least), kInfinity) : kInfinity;
  };
  float farthest = bound();
  constexpr uint32_t kTogether = 32;
  for (uint32_t first = 0; first < count(); first += kTogether) {
    const uint32_t end = std::min(count(), first + kTogether);
    if (!AnyBelow(distances.data() + first, end - first, farthest)) continue;
    for (uint32_t i = first; i < end; ++i) {
      if (distances[i] >= farthest || i == nearest) continue;
      const float squared = Squared(row, i);
      if (squared >= best) continue;
      best = squared;
      farthest = bound();
      nearest = i;
    }
  }
  return {nearest, best};
}

float CentreFinder::Squared(std::span<const float> row, uint32_t centre) const {
  return SquaredL2(row.data(), centres_.data() + size_t{centre} * dimension_, dimension_);
}

}  // namespace semblance::index
