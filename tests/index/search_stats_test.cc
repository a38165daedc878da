// What a search counts, and how it is stopped.
#include <gtest/gtest.h>

#include "index/codes.h"
#include "index/error.h"
#include "index/segment.h"
#include "index/top_k.h"
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

// The k nearest by their vectors of the `count` nearest by their codes.
std::vector<Neighbour> RescoredAll(const Codes& codes, const Sample& sample, Metric metric,
                                   const std::vector<float>& query, uint32_t count, uint32_t k) {
  const CodeScorer scorer(codes, query);
  TopK by_code(count), nearest(k);
  for (uint32_t i = 0; i < sample.size(); ++i) {
    by_code.Offer({sample.row_ids[i], scorer.ScoreOne(i), i});
  }
  for (const Neighbour& candidate : by_code.Take()) {
    const double distance =
        Distance(metric, query.data(), sample.row(candidate.position).data(), sample.dimension);
    nearest.Offer({candidate.row_id, static_cast<float>(distance), candidate.position});
  }
  return nearest.Take();
}

TEST(SearchStatsTest, VectorsThatCannotBeAmongTheNearestAreNotReadAndNoneIsMissed) {
  for (const Metric metric : {Metric::kL2, Metric::kInnerProduct}) {
    Clusters clusters(64, 10, 4);
    const Sample sample = clusters.DrawMany(2000);
    SegmentOptions options =
        Options({Kind::kFlat, Quantization::kSq8}, metric, 64, sample.row_ids, sample.vectors);
    options.rescoring.oversample = 4;
    const auto segment = Segment::Build(options, sample.row_ids, sample.vectors);
    const Codes codes =
        Encode(metric, Quantization::kSq8, sample.vectors.data(), sample.size(), 64);
    uint64_t read = 0;
    for (int i = 0; i < 100; ++i) {
      const std::vector<float> query = clusters.Draw();
      SearchStats stats;
      const auto found = segment->Search(query, {.k = 10, .stats = &stats});
      const auto expected = RescoredAll(codes, sample, metric, query, 40, 10);
      ASSERT_EQ(found.size(), expected.size());
      for (size_t n = 0; n < found.size(); ++n) EXPECT_EQ(found[n].row_id, expected[n].row_id);
      read += stats.rescored;
    }
    EXPECT_LT(read, 3000u);  // of 4,000
    EXPECT_GE(read, 1000u);
  }
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
  EXPECT_GE(stats.rescored, 5u);
  EXPECT_LE(stats.rescored, 20u);
  const SearchStats wider = StatsOf(*segment, clusters.Draw(), {.k = 5, .oversample = 10});
  EXPECT_EQ(wider.distances, 1000u);
  EXPECT_GE(wider.rescored, 5u);
  EXPECT_LE(wider.rescored, 50u);
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
