#include "index/codes.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <numbers>
#include <vector>

#include "index/scorer.h"

namespace semblance::index {
namespace {

constexpr float kLargest = std::numeric_limits<float>::max();

float Difference(float x, float centre) {
  return static_cast<float>(
      std::clamp<double>(static_cast<double>(x) - centre, -kLargest, kLargest));
}

// A row's difference from the centre, and what is said of it.
struct Centred {
  Centred(const float* row, std::span<const float> centre) : x(centre.size()) {
    for (size_t i = 0; i < centre.size(); ++i) {
      x[i] = Difference(row[i], centre[i]);
      largest = std::max(largest, std::abs(x[i]));
      square += static_cast<double>(x[i]) * x[i];
    }
  }
  // The power of two that brings the largest below 1.
  float PowerOfTwo() const {
    int exponent = 0;
    std::frexp(largest, &exponent);
    return std::ldexp(1.0f, std::min(exponent, std::numeric_limits<float>::max_exponent - 1));
  }

  std::vector<float> x;
  float largest = 0;
  double square = 0;
};

float Inverse(float scale) {
  // Of a scale too small for its reciprocal every code is zero.
  return scale >= std::numeric_limits<float>::min() ? 1 / scale : 0;
}

CodeTerms Terms(Metric metric, float scale, double square) {
  if (metric == Metric::kInnerProduct) square = 0;
  return {scale, static_cast<float>(std::min<double>(square, kLargest))};
}

CodeTerms EncodeBytes(Metric metric, const Centred& row, int8_t* codes) {
  const float scale = row.largest / 127;
  const float inverse = Inverse(scale);
  for (size_t i = 0; i < row.x.size(); ++i) {
    const float code = std::nearbyint(row.x[i] * inverse);
    codes[i] = static_cast<int8_t>(std::clamp(code, -127.0f, 127.0f));
  }
  return Terms(metric, scale, row.square);
}

CodeTerms EncodeHalves(Metric metric, const Centred& row, _Float16* codes) {
  const float scale = row.PowerOfTwo();
  const float inverse = Inverse(scale);
  double square = 0;  // of the codes: a distance is then that of the code's vector
  for (size_t i = 0; i < row.x.size(); ++i) {
    codes[i] = static_cast<_Float16>(std::clamp(row.x[i] * inverse, -1.0f, 1.0f));
    const double decoded = static_cast<double>(static_cast<float>(codes[i])) * scale;
    square += decoded * decoded;
  }
  return Terms(metric, scale, square);
}

CodeTerms EncodeBits(Metric metric, const Centred& row, uint8_t* codes) {
  for (size_t i = 0; i < row.x.size(); ++i) {
    if (row.x[i] > 0) codes[i / 8] = static_cast<uint8_t>(codes[i / 8] | 1u << (i % 8));
  }
  const double length = std::sqrt(row.square);
  return Terms(metric, static_cast<float>(std::min<double>(length, kLargest)), row.square);
}

CodeTerms EncodeCentred(const Codes& codes, const Centred& row, uint8_t* out) {
  std::memset(out, 0, codes.stride());
  switch (codes.quantization) {
    case Quantization::kF16:
      return EncodeHalves(codes.metric, row, reinterpret_cast<_Float16*>(out));
    case Quantization::kBinary:
      return EncodeBits(codes.metric, row, out);
    default:
      return EncodeBytes(codes.metric, row, reinterpret_cast<int8_t*>(out));
  }
}

// A query for the kernel: of f16 in f32, which rounds nothing.
CodeTerms EncodeQuery(const Codes& codes, const Centred& query, BigArray<uint8_t>& out) {
  if (codes.quantization != Quantization::kF16) {
    out = BigArray<uint8_t>(codes.stride());
    return EncodeCentred(codes, query, out.data());
  }
  out = BigArray<uint8_t>(2 * codes.stride());
  std::memset(out.data(), 0, out.size());
  const float scale = query.PowerOfTwo();
  const float inverse = Inverse(scale);
  auto* const wide = reinterpret_cast<float*>(out.data());
  for (size_t i = 0; i < query.x.size(); ++i) wide[i] = query.x[i] * inverse;
  return Terms(codes.metric, scale, query.square);
}

}  // namespace

BigArray<float> CentreOf(Metric metric, const float* rows, uint32_t size, uint32_t dimension) {
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

Codes NewCodes(Metric metric, Quantization quantization, uint32_t size, uint32_t dimension) {
  Codes codes;
  codes.metric = metric;
  codes.quantization = quantization;
  codes.dimension = dimension;
  codes.codes = BigArray<uint8_t>(size * codes.stride());
  codes.terms = BigArray<CodeTerms>(size);
  if (quantization != Quantization::kBinary) return codes;
  codes.cosines = BigArray<float>(codes.stride() * 8 + 1);
  for (size_t bits = 0; bits < codes.cosines.size(); ++bits) {
    const double share = std::min(static_cast<double>(bits) / dimension, 1.0);
    codes.cosines[bits] = static_cast<float>(std::cos(std::numbers::pi * share));
  }
  return codes;
}

void EncodeRow(const float* row, size_t position, Codes& codes) {
  codes.terms[position] = EncodeCentred(codes, Centred(row, codes.centre.span()),
                                        codes.codes.data() + position * codes.stride());
}

Codes Encode(Metric metric, Quantization quantization, const float* rows, uint32_t size,
             uint32_t dimension) {
  Codes codes = NewCodes(metric, quantization, size, dimension);
  if (size != 0) codes.centre = CentreOf(metric, rows, size, dimension);
  for (size_t i = 0; i < size; ++i) EncodeRow(rows + i * dimension, i, codes);
  return codes;
}

CodeScorer::CodeScorer(const Codes& codes, std::span<const float> query)
    : codes_(codes), kernel_(BestCodeKernel(codes.quantization)) {
  CheckVector(codes.metric, query, "query");
  std::vector<float> scaled(query.begin(), query.end());
  if (codes.metric == Metric::kCosine) Normalize(scaled.data(), scaled.size());
  const Centred centred(scaled.data(), codes.centre.span());
  terms_ = EncodeQuery(codes, centred, query_);
  query_square_ = static_cast<float>(std::min<double>(centred.square, kLargest));
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

double CodeScorer::Slack(const CodeTerms& row) const {
  constexpr double kDeviations = 5;
  const double row_scale = static_cast<double>(row.scale) * row.scale;
  const double scale = static_cast<double>(terms_.scale) * terms_.scale;
  const double variance = (query_square_ * row_scale + row.square * scale) / 12 +
                          codes_.dimension * scale * row_scale / 144;
  return kDeviations * std::sqrt(variance);
}

float CodeScorer::Least(uint32_t position, float distance) const {
  if (codes_.quantization != Quantization::kSq8) return -kLargest;
  CodeTerms row = codes_.terms[position];
  if (codes_.metric == Metric::kInnerProduct) {
    const uint8_t* const codes = codes_.row(position);
    row.square = kernel_.one(codes, codes, codes_.stride()) * row.scale * row.scale;
  }
  const double least = distance - Slack(row);
  if (!std::isfinite(least)) return -kLargest;
  if (codes_.metric == Metric::kL2) return static_cast<float>(std::sqrt(std::max(0.0, 2 * least)));
  return static_cast<float>(std::max<double>(least, -kLargest));
}

double CodeScorer::query_length() const { return std::sqrt(static_cast<double>(query_square_)); }

double CodeScorer::query_error() const {
  // Half a scale an element, and a little for a quotient that was rounded the other way.
  return 0.501 * static_cast<double>(terms_.scale) *
         std::sqrt(static_cast<double>(codes_.dimension));
}

float CodeScorer::ScoreOne(uint32_t position) const {
  float distance;
  ScoreAt(&position, 1, &distance);
  return distance;
}

}  // namespace semblance::index
