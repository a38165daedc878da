// Vectors to search, and what a search over them must find.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "index/metric.h"
#include "index/segment.h"

namespace semblance::index {

struct Sample {
  uint32_t dimension = 0;
  std::vector<int64_t> row_ids;
  std::vector<float> vectors;  // [row_ids.size(), dimension]

  uint32_t size() const { return static_cast<uint32_t>(row_ids.size()); }
  std::span<const float> row(size_t i) const {
    return std::span<const float>(vectors).subspan(i * dimension, dimension);
  }
};

// Draws around `centres` random points; lengths differ, so that the three metrics disagree. Row ids
// ascend with gaps.
class Clusters {
 public:
  Clusters(uint32_t dimension, uint32_t centres, uint32_t seed)
      : dimension_(dimension), centres_(centres), random_(seed), points_(centres * dimension) {
    for (float& element : points_) element = gauss_(random_);
  }

  std::vector<float> Draw() {
    const uint32_t centre = random_() % centres_;
    const float length = std::exp(0.2f * gauss_(random_));
    std::vector<float> vector(dimension_);
    for (uint32_t i = 0; i < dimension_; ++i) {
      vector[i] = length * (points_[centre * dimension_ + i] + 0.5f * gauss_(random_));
    }
    return vector;
  }

  Sample DrawMany(uint32_t count) {
    Sample sample;
    sample.dimension = dimension_;
    for (uint32_t i = 0; i < count; ++i) {
      const std::vector<float> vector = Draw();
      sample.row_ids.push_back(-20 + int64_t{i} * 3);
      sample.vectors.insert(sample.vectors.end(), vector.begin(), vector.end());
    }
    return sample;
  }

 private:
  const uint32_t dimension_;
  const uint32_t centres_;
  std::mt19937 random_;
  std::normal_distribution<float> gauss_;
  std::vector<float> points_;
};

struct Expected {
  int64_t row_id;
  double distance;
};

// Brute force in double: every allowed row, nearest first, ties by row id.
inline std::vector<Expected> Oracle(Metric metric, const Sample& sample,
                                    std::span<const float> query,
                                    const PositionSet* allowed = nullptr) {
  std::vector<Expected> all;
  for (uint32_t i = 0; i < sample.size(); ++i) {
    if (allowed != nullptr && !allowed->Contains(i)) continue;
    all.push_back({sample.row_ids[i],
                   Distance(metric, query.data(), sample.row(i).data(), sample.dimension)});
  }
  std::sort(all.begin(), all.end(), [](const Expected& a, const Expected& b) {
    return a.distance != b.distance ? a.distance < b.distance : a.row_id < b.row_id;
  });
  return all;
}

inline double Recall(const std::vector<Neighbour>& found, const std::vector<Expected>& expected,
                     size_t k) {
  k = std::min(k, expected.size());
  size_t hits = 0;
  for (const Neighbour& neighbour : found) {
    hits += std::any_of(expected.begin(), expected.begin() + k,
                        [&](const Expected& e) { return e.row_id == neighbour.row_id; });
  }
  return k == 0 ? 1 : static_cast<double>(hits) / k;
}

// The vectors of a sample for quantized segments; ones for a row that it does not have.
class SampleVectors final : public VectorSource {
 public:
  SampleVectors(uint32_t dimension, std::span<const int64_t> row_ids,
                std::span<const float> vectors)
      : dimension_(dimension) {
    for (size_t i = 0; i < row_ids.size(); ++i) {
      const auto row = vectors.subspan(i * dimension, dimension);
      rows_[row_ids[i]].assign(row.begin(), row.end());
    }
  }
  void Read(std::span<const uint32_t> positions, std::span<const int64_t> row_ids,
            float* out) const override {
    EXPECT_EQ(positions.size(), row_ids.size());
    for (size_t i = 0; i < row_ids.size(); ++i) {
      const auto row = rows_.find(row_ids[i]);
      for (uint32_t e = 0; e < dimension_; ++e) {
        out[i * dimension_ + e] = row == rows_.end() ? 1 : row->second[e];
      }
    }
  }

 private:
  const uint32_t dimension_;
  std::map<int64_t, std::vector<float>> rows_;
};

// A kind of segment as the parameter of a test.
struct Variant {
  Kind kind;
  Quantization quantization;
};
inline constexpr Variant kVariants[] = {
    {Kind::kFlat, Quantization::kNone},   {Kind::kHnsw, Quantization::kNone},
    {Kind::kFlat, Quantization::kSq8},    {Kind::kHnsw, Quantization::kSq8},
    {Kind::kFlat, Quantization::kF16},    {Kind::kHnsw, Quantization::kF16},
    {Kind::kFlat, Quantization::kBinary}, {Kind::kHnsw, Quantization::kBinary},
    {Kind::kIvf, Quantization::kNone},    {Kind::kIvf, Quantization::kSq8},
    {Kind::kIvf, Quantization::kF16},     {Kind::kIvf, Quantization::kBinary},
    {Kind::kIvf, Quantization::kPq}};
inline std::string NameOf(const Variant& variant) {
  const std::string kind(KindName(variant.kind));
  if (variant.quantization == Quantization::kNone) return kind;
  return kind + "_" + std::string(QuantizationName(variant.quantization));
}

inline SegmentOptions Options(Kind kind, Metric metric, uint32_t dimension) {
  SegmentOptions options;
  options.kind = kind;
  options.metric = metric;
  options.dimension = dimension;
  return options;
}

// Whatever a search finds by code is measured in full.
inline constexpr uint32_t kOversampleAll = 1u << 20;

// Options for these very rows, which a quantized segment reads its vectors from.
inline SegmentOptions Options(const Variant& variant, Metric metric, uint32_t dimension,
                              std::span<const int64_t> row_ids, std::span<const float> vectors) {
  SegmentOptions options = Options(variant.kind, metric, dimension);
  options.quantization = variant.quantization;
  if (vectors.size() == row_ids.size() * dimension) {
    options.rescoring = {std::make_shared<SampleVectors>(dimension, row_ids, vectors),
                         kOversampleAll};
  }
  return options;
}

inline std::shared_ptr<const Segment> BuildFrom(const Sample& sample, Kind kind, Metric metric) {
  return Segment::Build(Options(kind, metric, sample.dimension), sample.row_ids, sample.vectors);
}

inline std::vector<float> VectorAt(const Segment& segment, uint32_t position) {
  std::vector<float> vector(segment.dimension());
  segment.CopyVector(position, vector.data());
  return vector;
}

inline constexpr Metric kMetrics[] = {Metric::kCosine, Metric::kL2, Metric::kInnerProduct};

}  // namespace semblance::index
