// ScanNearest takes rows as they come: raw, in any order of row id.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "index/segment.h"
#include "tests/index/sample.h"

namespace semblance::index {
namespace {

class ScanOfRows : public testing::TestWithParam<Metric> {};

TEST_P(ScanOfRows, IsBruteForce) {
  for (uint32_t count : {1u, 3u, 4u, 63u, 64u, 65u, 200u, 1000u}) {
    Clusters clusters(19, 12, count);
    Sample sample = clusters.DrawMany(count);
    std::mt19937 random(count);
    std::shuffle(sample.row_ids.begin(), sample.row_ids.end(), random);
    const std::vector<float> query = clusters.Draw();
    const auto found = ScanNearest(GetParam(), query, sample.row_ids, sample.vectors, {.k = 15});
    const auto expected = Oracle(GetParam(), sample, query);
    ASSERT_EQ(found.size(), std::min<size_t>(15, count));
    for (size_t i = 0; i < found.size(); ++i) {
      EXPECT_EQ(found[i].row_id, expected[i].row_id);
      EXPECT_EQ(sample.row_ids[found[i].position], found[i].row_id);
      EXPECT_NEAR(found[i].distance, expected[i].distance,
                  1e-5 * (1 + std::abs(expected[i].distance)));
    }
  }
}

TEST_P(ScanOfRows, BreaksTiesByRowIdWhateverTheOrder) {
  std::vector<int64_t> row_ids(300);
  std::iota(row_ids.begin(), row_ids.end(), 0);
  std::reverse(row_ids.begin(), row_ids.end());
  const std::vector<float> vectors(300 * 5, 0.3f), query(5, 2.0f);
  const auto found = ScanNearest(GetParam(), query, row_ids, vectors, {.k = 4});
  ASSERT_EQ(found.size(), 4u);
  for (int64_t i = 0; i < 4; ++i) EXPECT_EQ(found[i].row_id, i);
}

TEST_P(ScanOfRows, ReturnsAllowedPositionsOnly) {
  Clusters clusters(33, 8, 4);
  const Sample sample = clusters.DrawMany(500);
  const std::vector<float> query = clusters.Draw();
  for (uint32_t step : {1u, 2u, 3u, 50u, 499u}) {
    PositionSet allowed(500, false);
    for (uint32_t i = 0; i < 500; i += step) allowed.Add(i);
    const auto found = ScanNearest(GetParam(), query, sample.row_ids, sample.vectors,
                                   {.k = 20, .allowed = &allowed});
    const auto expected = Oracle(GetParam(), sample, query, &allowed);
    ASSERT_EQ(found.size(), std::min<size_t>(20, expected.size()));
    EXPECT_EQ(Recall(found, expected, 20), 1) << step;
  }
  const PositionSet none(500, false);
  EXPECT_TRUE(
      ScanNearest(GetParam(), query, sample.row_ids, sample.vectors, {.allowed = &none}).empty());
}

INSTANTIATE_TEST_SUITE_P(Metrics, ScanOfRows, testing::ValuesIn(kMetrics),
                         [](const testing::TestParamInfo<Metric>& each) {
                           return std::string(MetricName(each.param));
                         });

TEST(ScanNearest, OfNoRowsIsEmpty) {
  const std::vector<float> query = {1, 2};
  EXPECT_TRUE(ScanNearest(Metric::kL2, query, {}, {}, {}).empty());
}

TEST(ScanNearest, PutsAZeroRowLastUnderCosine) {
  const std::vector<int64_t> row_ids = {1, 2, 3};
  const std::vector<float> query = {1, 2}, vectors = {0, 0, -1, -2, 2, 1};
  const auto found = ScanNearest(Metric::kCosine, query, row_ids, vectors, {.k = 3});
  ASSERT_EQ(found.size(), 3u);
  EXPECT_EQ(found[0].row_id, 3);
  EXPECT_EQ(found[1].row_id, 2);
  EXPECT_EQ(found[2].row_id, 1);
}

TEST(ScanNearest, RefusesSizesThatDoNotFit) {
  const std::vector<int64_t> row_ids = {1, 2};
  const std::vector<float> query = {1, 2}, vectors = {1, 2, 3};
  const PositionSet other(3);
  const std::vector<float> whole = {1, 2, 3, 4};
  EXPECT_THROW(ScanNearest(Metric::kL2, query, row_ids, vectors, {}), Error);
  EXPECT_THROW(ScanNearest(Metric::kL2, {}, row_ids, {}, {}), Error);
  EXPECT_THROW(ScanNearest(Metric::kL2, query, row_ids, whole, {.allowed = &other}), Error);
}

}  // namespace
}  // namespace semblance::index
