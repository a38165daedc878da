// k-means: that it finds groups which are there, that its result is a resting point of the
// algorithm, and that it is the same every time.
#include "index/clusters.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <vector>

#include "index/error.h"
#include "tests/index/sample.h"

namespace semblance::index {
namespace {

ClusterOptions OptionsOf(Metric metric, uint32_t dimension, uint32_t clusters) {
  ClusterOptions options;
  options.metric = metric;
  options.dimension = dimension;
  options.clusters = clusters;
  return options;
}

// Eight points far from each other, each with fifty rows close by; row i is of group i % 8.
std::vector<float> Groups(uint32_t dimension) {
  std::mt19937 random(3);
  std::normal_distribution<float> gauss;
  std::vector<float> points(8 * dimension), vectors;
  for (float& x : points) x = 10 * gauss(random);
  for (int i = 0; i < 400; ++i) {
    for (uint32_t d = 0; d < dimension; ++d)
      vectors.push_back(points[(i % 8) * dimension + d] + 0.1f * gauss(random));
  }
  return vectors;
}

class ClustersOf : public testing::TestWithParam<Metric> {};

TEST_P(ClustersOf, AreTheGroupsThatAreThere) {
  const std::vector<float> vectors = Groups(12);
  const Clustering found = Clustering::Of(OptionsOf(GetParam(), 12, 8), vectors);
  ASSERT_EQ(found.size(), 8u);
  std::map<int, std::set<uint32_t>> clusters_of_group;
  std::set<uint32_t> all;
  for (int i = 0; i < 400; ++i) {
    const auto row = std::span(vectors).subspan(i * 12, 12);
    const uint32_t cluster = found.Assign(row).cluster;
    clusters_of_group[i % 8].insert(cluster);
    all.insert(cluster);
  }
  EXPECT_EQ(all.size(), 8u);
  for (const auto& [group, clusters] : clusters_of_group) EXPECT_EQ(clusters.size(), 1u) << group;
}

TEST_P(ClustersOf, EachRowHasItsNearestCentreAndEachCentreIsTheMeanOfItsRows) {
  const Metric metric = GetParam();
  Clusters draw(10, 30, 4);
  const Sample sample = draw.DrawMany(2000);
  ClusterOptions options = OptionsOf(metric, 10, 12);
  options.rounds = 1000;
  const Clustering found = Clustering::Of(options, sample.vectors);
  ASSERT_EQ(found.size(), 12u);
  const Metric measure = metric == Metric::kCosine ? metric : Metric::kL2;
  std::vector<std::vector<double>> sums(12, std::vector<double>(10, 0.0));
  std::vector<int> sizes(12, 0);
  for (uint32_t i = 0; i < sample.size(); ++i) {
    const auto assigned = found.Assign(sample.row(i));
    double nearest = 1e300;
    for (uint32_t c = 0; c < 12; ++c)
      nearest = std::min(nearest,
                         Distance(measure, sample.row(i).data(), found.centre(c).data(), 10));
    EXPECT_NEAR(assigned.distance, nearest, 1e-4);
    std::vector<float> row(sample.row(i).begin(), sample.row(i).end());
    if (metric == Metric::kCosine) Normalize(row.data(), 10);
    for (int d = 0; d < 10; ++d) sums[assigned.cluster][d] += row[d];
    ++sizes[assigned.cluster];
  }
  for (uint32_t c = 0; c < 12; ++c) {
    ASSERT_GT(sizes[c], 0);
    std::vector<float> mean(10);
    for (int d = 0; d < 10; ++d) mean[d] = static_cast<float>(sums[c][d] / sizes[c]);
    if (metric == Metric::kCosine) {
      Normalize(mean.data(), 10);
      EXPECT_NEAR(InnerProduct(found.centre(c).data(), found.centre(c).data(), 10), 1, 1e-5);
    }
    // The last round may move a few rows more.
    EXPECT_LT(Distance(measure, mean.data(), found.centre(c).data(), 10), 0.1) << c;
  }
}

TEST_P(ClustersOf, AreTheSameEveryTimeAndOthersWithAnotherSeed) {
  Clusters draw(10, 30, 5);
  const Sample sample = draw.DrawMany(1000);
  ClusterOptions options = OptionsOf(GetParam(), 10, 9);
  const Clustering a = Clustering::Of(options, sample.vectors);
  const Clustering b = Clustering::Of(options, sample.vectors);
  options.seed = 2;
  const Clustering other = Clustering::Of(options, sample.vectors);
  bool differs = false;
  for (uint32_t c = 0; c < 9; ++c) {
    EXPECT_TRUE(std::ranges::equal(a.centre(c), b.centre(c))) << c;
    differs |= !std::ranges::equal(a.centre(c), other.centre(c));
  }
  EXPECT_TRUE(differs);
}

INSTANTIATE_TEST_SUITE_P(Metrics, ClustersOf, testing::ValuesIn(kMetrics), [](const auto& metric) {
  return std::string(MetricName(metric.param));
});

TEST(ClusteringTest, HasNoMoreCentresThanThereAreVectors) {
  const std::vector<float> vectors = {1, 0, 1, 0, 0, 1, 1, 0};
  EXPECT_EQ(Clustering::Of(OptionsOf(Metric::kL2, 2, 5), vectors).size(), 2u);
  EXPECT_EQ(Clustering::Of(OptionsOf(Metric::kCosine, 2, 1), vectors).size(), 1u);
  EXPECT_EQ(Clustering::Of(OptionsOf(Metric::kCosine, 2, 2), {1, 0, -3, 0}).size(), 2u);
}

TEST(ClusteringTest, OppositeDirectionsLeaveTheCentreWhereItWas) {
  const Clustering found = Clustering::Of(OptionsOf(Metric::kCosine, 2, 1), {1, 0, -1, 0});
  EXPECT_FLOAT_EQ(std::abs(found.centre(0)[0]), 1);
}

TEST(ClusteringTest, RefusesWhatHasNoClusters) {
  EXPECT_THROW(Clustering::Of(OptionsOf(Metric::kL2, 2, 0), {1, 2}), Error);
  EXPECT_THROW(Clustering::Of(OptionsOf(Metric::kL2, 2, 1), {}), Error);
}

TEST(ClusteringTest, EndsWhenItIsTold) {
  int polls = 0;
  ClusterOptions options = OptionsOf(Metric::kL2, 12, 8);
  options.cancel = [&] { return ++polls == 5; };
  try {
    Clustering::Of(options, Groups(12));
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kInterrupted);
  }
  EXPECT_EQ(polls, 5);
}

TEST(SamplePositionsTest, AreAscendingDistinctAndAsManyAsWanted) {
  for (uint64_t wanted : {0u, 1u, 10u, 999u, 1000u, 5000u}) {
    const auto positions = SamplePositions(1000, wanted, 7);
    EXPECT_EQ(positions.size(), std::min<uint64_t>(wanted, 1000));
    EXPECT_TRUE(std::ranges::adjacent_find(positions, std::greater_equal<>()) == positions.end());
    EXPECT_TRUE(positions.empty() || positions.back() < 1000);
  }
  EXPECT_EQ(SamplePositions(1000, 10, 7), SamplePositions(1000, 10, 7));
  EXPECT_NE(SamplePositions(1000, 10, 7), SamplePositions(1000, 10, 8));
}

TEST(SamplePositionsTest, AreSpreadEvenly) {
  std::vector<int> counts(10, 0);
  for (uint64_t seed = 0; seed < 2000; ++seed) {
    for (uint32_t position : SamplePositions(100, 20, seed)) ++counts[position / 10];
  }
  for (int count : counts) EXPECT_NEAR(count, 4000, 300);
}

}  // namespace
}  // namespace semblance::index
