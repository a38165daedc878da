// What a search counts, and how it is stopped.
#include <gtest/gtest.h>

#include "index/error.h"
#include "index/segment.h"
#include "tests/index/sample.h"

namespace semblance::index {
namespace {

SearchStats StatsOf(const Segment& segment, const std::vector<float>& query,
                    SearchOptions options) {
  SearchStats stats;
  options.stats = &stats;
  segment.Search(query, options);
  return stats;
}

TEST(SearchStatsTest, AScanMeasuresEveryAllowedRow) {
  Clusters clusters(16, 10, 1);
  const auto segment = BuildFrom(clusters.DrawMany(3000), Kind::kFlat, Metric::kCosine);
  const auto query = clusters.Draw();
  const SearchStats all = StatsOf(*segment, query, {});
  EXPECT_EQ(all.distances, 3000u);
  EXPECT_TRUE(all.scanned);
  EXPECT_FALSE(all.walked);
  PositionSet some(3000, false);
  for (uint32_t i = 0; i < 700; ++i) some.Add(i * 3);
  EXPECT_EQ(StatsOf(*segment, query, {.allowed = &some}).distances, 700u);
}

TEST(SearchStatsTest, AWalkMeasuresFewAndMoreWithALargerEf) {
  Clusters clusters(16, 10, 2);
  const auto segment = BuildFrom(clusters.DrawMany(20000), Kind::kHnsw, Metric::kL2);
  const auto query = clusters.Draw();
  const SearchStats small = StatsOf(*segment, query, {.ef = 32});
  const SearchStats large = StatsOf(*segment, query, {.ef = 200});
  EXPECT_TRUE(small.walked);
  EXPECT_FALSE(small.scanned);
  EXPECT_GT(small.distances, 32u);
  EXPECT_GT(large.distances, small.distances);
  EXPECT_LT(large.distances, 20000u);
  EXPECT_EQ(small.rescored, 0u);
}

TEST(SearchStatsTest, CodesAreComparedAndTheBestMeasuredInFull) {
  Clusters clusters(16, 10, 3);
  const Sample sample = clusters.DrawMany(1000);
  SegmentOptions options =
      Options({Kind::kFlat, Quantization::kSq8}, Metric::kL2, 16, sample.row_ids, sample.vectors);
  options.rescoring.oversample = 4;
  const auto segment = Segment::Build(options, sample.row_ids, sample.vectors);
  const SearchStats stats = StatsOf(*segment, clusters.Draw(), {.k = 5});
  EXPECT_EQ(stats.distances, 1000u);
  EXPECT_EQ(stats.rescored, 20u);
  const SearchStats wider = StatsOf(*segment, clusters.Draw(), {.k = 5, .oversample = 10});
  EXPECT_EQ(wider.distances, 1000u);
  EXPECT_EQ(wider.rescored, 50u);
  const SearchStats exact = StatsOf(*segment, clusters.Draw(), {.k = 5, .exact = true});
  EXPECT_EQ(exact.distances, 0u);
  EXPECT_EQ(exact.rescored, 1000u);
}

TEST(SearchStatsTest, AScanEndsWhenItIsTold) {
  Clusters clusters(4, 10, 4);
  const auto segment = BuildFrom(clusters.DrawMany(100000), Kind::kFlat, Metric::kCosine);
  int polls = 0;
  const std::function<bool()> third = [&] { return ++polls == 3; };
  try {
    segment->Search(clusters.Draw(), {.cancel = &third});
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kInterrupted);
  }
  const std::function<bool()> never = [] { return false; };
  EXPECT_EQ(segment->Search(clusters.Draw(), {.cancel = &never}).size(), 10u);
}

}  // namespace
}  // namespace semblance::index
