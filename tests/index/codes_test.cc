// Codes order vectors nearly as their distances do, wherever the vectors lie.
#include "index/codes.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <tuple>
#include <vector>

#include "tests/index/sample.h"

namespace semblance::index {
namespace {

class CodesOfEveryMetric : public testing::TestWithParam<std::tuple<Quantization, Metric>> {
 protected:
  Quantization quantization() const { return std::get<0>(GetParam()); }
  Metric metric() const { return std::get<1>(GetParam()); }
  Codes Of(const Sample& sample) const {
    return Encode(metric(), quantization(), sample.vectors.data(), sample.size(), sample.dimension);
  }
};

// Distances of codes are on a scale of their own; this is the true one.
double OwnScale(Metric metric, double distance) {
  return metric == Metric::kL2 ? 0.5 * distance * distance : distance;
}

// How far a distance of codes may be from the true one, of vectors as long as 1.
double Coarseness(Quantization quantization) {
  switch (quantization) {
    case Quantization::kF16:
      return 0.001;
    case Quantization::kBinary:
      return 0.6;
    default:
      return 0.01;
  }
}

TEST_P(CodesOfEveryMetric, AreNearTheDistance) {
  Clusters clusters(100, 10, 1);
  Sample sample = clusters.DrawMany(200);
  if (metric() == Metric::kCosine) {
    for (uint32_t i = 0; i < sample.size(); ++i) {
      ASSERT_TRUE(Normalize(sample.vectors.data() + i * 100, 100));
    }
  }
  const Codes codes = Of(sample);
  const std::vector<float> query = clusters.Draw();
  const CodeScorer scorer(codes, query);
  std::vector<float> distances(sample.size());
  scorer.Score(0, sample.size(), distances.data());
  for (uint32_t i = 0; i < sample.size(); ++i) {
    const double distance = Distance(metric(), query.data(), sample.row(i).data(), 100);
    const double size = metric() == Metric::kCosine ? 1 : 100;
    EXPECT_NEAR(distances[i], OwnScale(metric(), distance), Coarseness(quantization()) * size) << i;
    EXPECT_EQ(scorer.ScoreOne(i), distances[i]);
  }
}

TEST_P(CodesOfEveryMetric, SayWhatTheDistanceIsNotBelow) {
  for (const uint32_t dimension : {1u, 3u, 100u}) {
    Clusters clusters(dimension, 10, dimension);
    Sample sample = clusters.DrawMany(300);
    for (uint32_t i = 0; metric() == Metric::kCosine && i < sample.size(); ++i) {
      ASSERT_TRUE(Normalize(sample.vectors.data() + i * dimension, dimension));
    }
    const Codes codes = Of(sample);
    double farthest = 0;
    for (int queries = 0; queries < 50; ++queries) {
      const std::vector<float> query = clusters.Draw();
      const CodeScorer scorer(codes, query);
      for (uint32_t i = 0; i < sample.size(); ++i) {
        const double distance = Distance(metric(), query.data(), sample.row(i).data(), dimension);
        const double least = scorer.Least(i, scorer.ScoreOne(i));
        ASSERT_LE(least, distance + 1e-5 * std::max(1.0, std::abs(distance)));
        if (quantization() != Quantization::kSq8) continue;
        farthest = std::max(farthest, OwnScale(metric(), distance) - OwnScale(metric(), least));
      }
    }
    // It is of use: of vectors as long as 1 no more than a few hundredths lie between.
    const double size = metric() == Metric::kCosine ? 1 : 100;
    if (dimension == 100) {
      EXPECT_LT(farthest, 0.03 * size);
    }
  }
}

TEST_P(CodesOfEveryMetric, GiveARowTheSameBitsAloneAndAmongOthers) {
  Clusters clusters(70, 4, 2);
  const Sample sample = clusters.DrawMany(23);
  const Codes codes = Of(sample);
  const CodeScorer scorer(codes, clusters.Draw());
  std::vector<uint32_t> positions;
  for (uint32_t i = 0; i < 23; ++i) positions.push_back((i * 7) % 23);
  for (RowOrder order : {RowOrder::kInOrder, RowOrder::kScattered}) {
    std::vector<float> distances(23);
    scorer.ScoreAt(positions.data(), 23, distances.data(), order);
    for (size_t i = 0; i < 23; ++i) EXPECT_EQ(distances[i], scorer.ScoreOne(positions[i]));
  }
}

TEST_P(CodesOfEveryMetric, OfExtremeRowsAreFinite) {
  const float most = std::numeric_limits<float>::max();
  const std::vector<float> rows = {most, -most, 0, 0, 1e-45f, 0, -most, 1e-38f};
  const Codes codes = Encode(metric(), quantization(), rows.data(), 4, 2);
  const CodeScorer scorer(codes, std::vector<float>{most, 1});
  for (uint32_t i = 0; i < 4; ++i) {
    EXPECT_TRUE(std::isfinite(codes.terms[i].scale));
    EXPECT_TRUE(std::isfinite(codes.terms[i].square));
    EXPECT_TRUE(std::isfinite(scorer.ScoreOne(i)));
  }
}

INSTANTIATE_TEST_SUITE_P(Metrics, CodesOfEveryMetric,
                         testing::Combine(testing::Values(Quantization::kSq8, Quantization::kF16,
                                                          Quantization::kBinary),
                                          testing::ValuesIn(kMetrics)),
                         [](const testing::TestParamInfo<std::tuple<Quantization, Metric>>& each) {
                           return std::string(QuantizationName(std::get<0>(each.param))) + "_" +
                                  std::string(MetricName(std::get<1>(each.param)));
                         });

// Rows that differ little beside what they have in common.
TEST(Codes, AreOfDifferencesFromTheMean) {
  Sample sample;
  sample.dimension = 16;
  Clusters clusters(16, 50, 3);
  sample = clusters.DrawMany(500);
  for (float& element : sample.vectors) element += 1000;
  const Codes codes =
      Encode(Metric::kL2, Quantization::kSq8, sample.vectors.data(), sample.size(), 16);
  const CodeScorer scorer(codes, sample.row(17));
  for (uint32_t i = 0; i < sample.size(); ++i) {
    EXPECT_GE(scorer.ScoreOne(i), scorer.ScoreOne(17) - 0.05f) << i;
  }
}

class CountingVectors final : public VectorSource {
 public:
  explicit CountingVectors(const Sample& sample)
      : vectors_(sample.dimension, sample.row_ids, sample.vectors) {}
  void Read(std::span<const uint32_t> positions, std::span<const int64_t> row_ids,
            float* out) const override {
    count += positions.size();
    vectors_.Read(positions, row_ids, out);
  }
  mutable size_t count = 0;

 private:
  const SampleVectors vectors_;
};

TEST(Rescoring, OfAsManyAsIsTheDefaultFindsNearlyAll) {
  Clusters clusters(64, 40, 5);
  const Sample sample = clusters.DrawMany(6000);
  for (const Variant& variant : kVariants) {
    if (variant.quantization == Quantization::kNone) continue;
    SegmentOptions options = Options(variant.kind, Metric::kCosine, 64);
    options.quantization = variant.quantization;
    const auto vectors = std::make_shared<CountingVectors>(sample);
    const uint32_t oversample = DefaultOversample(variant.quantization);
    const bool bounded = variant.quantization == Quantization::kSq8;
    options.rescoring = {vectors, oversample};
    const auto segment = Segment::Build(options, sample.row_ids, sample.vectors);
    double recall = 0;
    for (int i = 0; i < 50; ++i) {
      const std::vector<float> query = clusters.Draw();
      const size_t before = vectors->count;
      const auto found = segment->Search(query, {.k = 10, .ef = 200});
      // Of sq8 those that cannot be among the nearest are not read.
      EXPECT_LE(vectors->count - before, 10 * oversample);
      EXPECT_GE(vectors->count - before, bounded ? 10 : 10 * oversample);
      recall += Recall(found, Oracle(Metric::kCosine, sample, query), 10) / 50;
    }
    // Signs of 64 numbers are few.
    EXPECT_GT(recall, variant.quantization == Quantization::kBinary ? 0.9 : 0.99)
        << NameOf(variant);
  }
}

TEST(Rescoring, WithoutVectorsIsRefused) {
  SegmentOptions options = Options(Kind::kFlat, Metric::kCosine, 2);
  options.quantization = Quantization::kSq8;
  const std::vector<int64_t> row_ids = {1};
  const std::vector<float> vectors = {1, 2};
  EXPECT_THROW(Segment::Build(options, row_ids, vectors), Error);
}

}  // namespace
}  // namespace semblance::index
