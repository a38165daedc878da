#include "index/row_codes.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace semblance::index {
namespace {

// Below, the codes of a row are not much less than its vector.
constexpr uint32_t kDimensionsWorthIt = 32;

// Lengths whose squares, and products, are ordinary f32 numbers.
constexpr double kShortest = 1e-15;
constexpr double kLongest = 1e15;

// Of sums in f32, relative to the product of the lengths: the worst of 8192 elements in eight
// lanes, and more. The distance it is compared with, which has been measured by vectors, errs too.
constexpr double kRounding = 1e-4;

bool Ordinary(double length) { return length == 0 || (length >= kShortest && length <= kLongest); }

double Length(const float* vector, size_t dimension) {
  return std::sqrt(static_cast<double>(InnerProduct(vector, vector, dimension)));
}

}  // namespace

std::shared_ptr<const RowCodes> RowCodes::Of(Metric metric, std::span<const float> vectors,
                                             uint32_t dimension) {
  if (dimension < kDimensionsWorthIt) return nullptr;
  const auto size = static_cast<uint32_t>(vectors.size() / dimension);
  std::vector<float> rows(vectors.begin(), vectors.end());
  for (uint32_t i = 0; i < size; ++i) {
    float* const row = rows.data() + size_t{i} * dimension;
    if (!Ordinary(Length(row, dimension))) return nullptr;
    if (metric == Metric::kCosine && !Normalize(row, dimension)) return nullptr;
  }
  Codes codes = Encode(metric, Quantization::kSq8, rows.data(), size, dimension);
  BigArray<Lengths> lengths(size);
  std::vector<float> x(dimension), left(dimension);
  for (uint32_t i = 0; i < size; ++i) {
    const float* const row = rows.data() + size_t{i} * dimension;
    const auto* const code = reinterpret_cast<const int8_t*>(codes.row(i));
    const float scale = codes.terms[i].scale;
    for (uint32_t d = 0; d < dimension; ++d) {
      x[d] = row[d] - codes.centre[d];
      left[d] = x[d] - scale * static_cast<float>(code[d]);
    }
    // A little more than what f32 says.
    lengths[i] = {static_cast<float>(1.001 * Length(x.data(), dimension)),
                  static_cast<float>(1.001 * Length(left.data(), dimension))};
  }
  return std::shared_ptr<const RowCodes>(new RowCodes(std::move(codes), std::move(lengths)));
}

RowCodeScorer::RowCodeScorer(const RowCodes& codes, std::span<const float> query)
    : codes_(codes),
      scorer_(codes.codes_, query),
      length_(scorer_.query_length()),
      error_(scorer_.query_error()),
      usable_(Ordinary(length_)) {}

void RowCodeScorer::Least(const uint32_t* positions, uint32_t count, float* least) const {
  scorer_.ScoreAt(positions, count, least, RowOrder::kInOrder);
  const Metric metric = codes_.codes_.metric;
  const double unit = metric == Metric::kCosine ? kRounding : 0;  // before the centre was taken off
  for (uint32_t i = 0; i < count; ++i) {
    const RowCodes::Lengths& row = codes_.rows_[positions[i]];
    const double longest = std::max<double>(row.row, length_);
    const double off = row.row * error_ + row.error * length_ + row.error * error_ +
                       kRounding * longest * longest + unit;
    const double nearest = least[i] - off;
    least[i] = static_cast<float>(
        metric == Metric::kL2 ? (1 - kRounding) * std::sqrt(std::max(0.0, 2 * nearest)) : nearest);
  }
}

}  // namespace semblance::index
