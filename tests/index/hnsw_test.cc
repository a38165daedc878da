// The graph and the walk through it, without the short cut by which a segment scans when that is
// cheaper.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <limits>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "index/hnsw_graph.h"
#include "index/hnsw_walk.h"
#include "tests/index/sample.h"

namespace semblance::index {
namespace {

HnswGraph BuildGraph(Metric metric, const Sample& sample, uint32_t threads = 1, uint32_t m = 16) {
  HnswGraph graph;
  const HnswBuildOptions options = {metric, sample.dimension, m, 100, threads};
  EXPECT_TRUE(BuildHnswGraph(options, sample.vectors.data(), sample.size(), nullptr, {}, graph));
  return graph;
}

// Under cosine a graph stands over unit vectors.
Sample Prepared(Metric metric, Sample sample) {
  if (metric != Metric::kCosine) return sample;
  for (uint32_t i = 0; i < sample.size(); ++i) {
    Normalize(sample.vectors.data() + size_t{i} * sample.dimension, sample.dimension);
  }
  return sample;
}

std::vector<Neighbour> WalkTo(const HnswGraph& graph, Metric metric, const Sample& sample,
                              const std::vector<float>& query, const SearchOptions& options) {
  const Scorer scorer(metric, query, sample.vectors.data(), Scorer::Rows::kUnit);
  return Walk(graph, scorer, sample.row_ids.data(), options).found;
}

class HnswWalk : public testing::TestWithParam<Metric> {
 protected:
  double MeanRecall(const HnswGraph& graph, const Sample& sample, Clusters& clusters,
                    const SearchOptions& options) const {
    double recall = 0;
    for (int i = 0; i < 50; ++i) {
      const std::vector<float> query = clusters.Draw();
      const auto found = WalkTo(graph, GetParam(), sample, query, options);
      recall += Recall(found, Oracle(GetParam(), sample, query, options.allowed), options.k) / 50;
    }
    return recall;
  }
};

TEST_P(HnswWalk, FindsNearlyAllAndMoreWithALargerEf) {
  Clusters clusters(24, 40, 1);
  const Sample sample = Prepared(GetParam(), clusters.DrawMany(4000));
  const HnswGraph graph = BuildGraph(GetParam(), sample);
  EXPECT_GE(MeanRecall(graph, sample, clusters, {.k = 10, .ef = 64}), 0.95);
  EXPECT_GE(MeanRecall(graph, sample, clusters, {.k = 10, .ef = 400}), 0.99);
}

TEST_P(HnswWalk, FindsAsWellInAGraphBuiltByThreeThreads) {
  Clusters clusters(24, 40, 2);
  const Sample sample = Prepared(GetParam(), clusters.DrawMany(4000));
  const HnswGraph graph = BuildGraph(GetParam(), sample, 3);
  EXPECT_NO_THROW(CheckGraph(graph));
  EXPECT_GE(MeanRecall(graph, sample, clusters, {.k = 10, .ef = 64}), 0.95);
}

TEST_P(HnswWalk, CrossesForbiddenNodesWithoutReturningThem) {
  Clusters clusters(24, 40, 3);
  const Sample sample = Prepared(GetParam(), clusters.DrawMany(4000));
  const HnswGraph graph = BuildGraph(GetParam(), sample);
  PositionSet allowed(sample.size(), false);
  for (uint32_t i = 1; i < sample.size(); i += 2) allowed.Add(i);
  const SearchOptions options = {.k = 10, .ef = 64, .allowed = &allowed};
  for (int i = 0; i < 20; ++i) {
    for (const Neighbour& n : WalkTo(graph, GetParam(), sample, clusters.Draw(), options)) {
      EXPECT_EQ(n.position % 2, 1u);
    }
  }
  EXPECT_GE(MeanRecall(graph, sample, clusters, options), 0.95);
}

TEST_P(HnswWalk, CrossesNineForbiddenNodesOfTen) {
  Clusters clusters(24, 40, 13);
  const Sample sample = Prepared(GetParam(), clusters.DrawMany(4000));
  const HnswGraph graph = BuildGraph(GetParam(), sample);
  PositionSet allowed(sample.size(), false);
  for (uint32_t i = 0; i < sample.size(); i += 10) allowed.Add(i);
  // By inner product it loses the shorter vectors: segments do not walk there.
  const double least = GetParam() == Metric::kInnerProduct ? 0.7 : 0.95;
  EXPECT_GE(MeanRecall(graph, sample, clusters, {.k = 10, .ef = 64, .allowed = &allowed}), least);
}

TEST_P(HnswWalk, KeepsAtLeastKCandidates) {
  Clusters clusters(8, 10, 4);
  const Sample sample = Prepared(GetParam(), clusters.DrawMany(1000));
  const HnswGraph graph = BuildGraph(GetParam(), sample);
  const auto found = WalkTo(graph, GetParam(), sample, clusters.Draw(), {.k = 100, .ef = 1});
  EXPECT_EQ(found.size(), 100u);
  EXPECT_TRUE(std::is_sorted(found.begin(), found.end(), Nearer));
}

TEST_P(HnswWalk, ReachesTheOthersWhereOneVectorIsStoredManyTimes) {
  Clusters clusters(24, 40, 5);
  Sample raw = clusters.DrawMany(4000);
  for (uint32_t i = 0; i < 4000; i += 2) {  // half of all rows
    std::copy_n(raw.vectors.begin(), 24, raw.vectors.begin() + size_t{i} * 24);
  }
  const Sample sample = Prepared(GetParam(), std::move(raw));
  const HnswGraph graph = BuildGraph(GetParam(), sample);
  PositionSet others(sample.size());
  for (uint32_t i = 0; i < 4000; i += 2) others.Remove(i);
  EXPECT_GE(MeanRecall(graph, sample, clusters, {.k = 10, .ef = 128, .allowed = &others}), 0.95);
}

TEST_P(HnswWalk, ReturnsTheFirstOfManyEqualRows) {
  Clusters clusters(24, 40, 15);
  Sample raw = clusters.DrawMany(3000);
  for (float& element : raw.vectors) element *= 0.01f;  // so that the repeated one is longest
  const std::vector<float> repeated = clusters.Draw();
  for (uint32_t i = 5; i < 3000; i += 2) {
    std::copy_n(repeated.begin(), 24, raw.vectors.begin() + size_t{i} * 24);
  }
  const Sample sample = Prepared(GetParam(), std::move(raw));
  const HnswGraph graph = BuildGraph(GetParam(), sample);
  PositionSet allowed(sample.size());
  allowed.Remove(7);
  const auto found =
      WalkTo(graph, GetParam(), sample, repeated, {.k = 4, .ef = 16, .allowed = &allowed});
  ASSERT_EQ(found.size(), 4u);
  const uint32_t first[] = {5, 9, 11, 13};
  for (int i = 0; i < 4; ++i) EXPECT_EQ(found[i].position, first[i]);
}

TEST_P(HnswWalk, AnswersAlikeMoreOftenThanItsMarksCanCount) {
  Clusters clusters(8, 10, 6);
  const Sample sample = Prepared(GetParam(), clusters.DrawMany(600));
  const HnswGraph graph = BuildGraph(GetParam(), sample);
  const std::vector<float> query = clusters.Draw();
  const auto first = WalkTo(graph, GetParam(), sample, query, {.k = 10, .ef = 30});
  for (int i = 0; i < 600; ++i) {
    const auto again = WalkTo(graph, GetParam(), sample, query, {.k = 10, .ef = 30});
    ASSERT_EQ(again.size(), first.size());
    for (size_t j = 0; j < first.size(); ++j) ASSERT_EQ(again[j].row_id, first[j].row_id) << i;
  }
}

TEST_P(HnswWalk, GoesFromLargeGraphsToSmallOnesAndBack) {
  Clusters clusters(8, 10, 7);
  const Sample small = Prepared(GetParam(), clusters.DrawMany(50));
  const Sample large = Prepared(GetParam(), clusters.DrawMany(900));
  const HnswGraph small_graph = BuildGraph(GetParam(), small);
  const HnswGraph large_graph = BuildGraph(GetParam(), large);
  for (int i = 0; i < 10; ++i) {
    EXPECT_GE(MeanRecall(large_graph, large, clusters, {.k = 5, .ef = 60}), 0.95);
    EXPECT_GE(MeanRecall(small_graph, small, clusters, {.k = 5, .ef = 60}), 0.95);
  }
}

INSTANTIATE_TEST_SUITE_P(Metrics, HnswWalk, testing::ValuesIn(kMetrics),
                         [](const testing::TestParamInfo<Metric>& each) {
                           return std::string(MetricName(each.param));
                         });

TEST(HnswBuild, ByOneThreadIsTheSameEveryTime) {
  Clusters clusters(8, 10, 8);
  const Sample sample = clusters.DrawMany(700);
  const HnswGraph a = BuildGraph(Metric::kL2, sample), b = BuildGraph(Metric::kL2, sample);
  EXPECT_EQ(a.entry, b.entry);
  EXPECT_TRUE(std::ranges::equal(a.levels.span(), b.levels.span()));
  EXPECT_TRUE(std::ranges::equal(a.base_links.span(), b.base_links.span()));
  EXPECT_TRUE(std::ranges::equal(a.upper_links.span(), b.upper_links.span()));
}

TEST(HnswBuild, TakesTheFewestAndTheMostLinks) {
  Clusters clusters(8, 10, 9);
  const Sample sample = clusters.DrawMany(700);
  for (uint32_t m : {kMinHnswM, 3u, kMaxHnswM}) {
    const HnswGraph graph = BuildGraph(Metric::kL2, sample, 1, m);
    EXPECT_EQ(graph.m, m);
    EXPECT_EQ(graph.base_links.size(), 700u * 2 * m);
    EXPECT_NO_THROW(CheckGraph(graph));
  }
}

TEST(HnswBuild, StopsInTheMiddleWhenCancelled) {
  Clusters clusters(8, 10, 10);
  const Sample sample = clusters.DrawMany(3000);
  for (uint32_t threads : {1u, 2u}) {
    HnswGraph graph;
    int polls = 0;
    const HnswBuildOptions options = {Metric::kL2, 8, 16, 100, threads};
    const auto third_time = [&] { return ++polls == 3; };
    EXPECT_FALSE(BuildHnswGraph(options, sample.vectors.data(), 3000, nullptr, third_time, graph));
    EXPECT_EQ(polls, 3);
  }
}

TEST(HnswBuild, LetsAnExceptionOfCancelThrough) {
  Clusters clusters(8, 10, 11);
  const Sample sample = clusters.DrawMany(300);
  HnswGraph graph;
  const HnswBuildOptions options = {Metric::kL2, 8, 16, 100, 2};
  const auto thrower = []() -> bool { throw std::out_of_range("stop"); };
  EXPECT_THROW(BuildHnswGraph(options, sample.vectors.data(), 300, nullptr, thrower, graph),
               std::out_of_range);
}

class HnswCheck : public testing::Test {
 protected:
  void SetUp() override {
    Clusters clusters(8, 10, 12);
    graph_ = BuildGraph(Metric::kL2, clusters.DrawMany(500));
    ASSERT_GE(graph_.levels[graph_.entry], 1);
    low_ = static_cast<uint32_t>(std::ranges::find(graph_.levels.span(), 0) -
                                 graph_.levels.span().begin());
  }
  void ExpectRefused() {
    try {
      CheckGraph(graph_);
      ADD_FAILURE() << "the graph was taken";
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kCorruption);
    }
  }
  // The list of the entry point on level 1.
  uint32_t* upper() { return graph_.upper_links.data() + graph_.upper_rows[graph_.entry] * 16; }

  HnswGraph graph_;
  uint32_t low_ = 0;  // a node of level 0
};

TEST_F(HnswCheck, TakesWhatFaissBuilt) { EXPECT_NO_THROW(CheckGraph(graph_)); }

TEST_F(HnswCheck, RefusesALinkToNoNode) {
  graph_.base_links[77 * 32] = 500;
  ExpectRefused();
}

TEST_F(HnswCheck, RefusesALinkBehindTheEndOfAList) {
  graph_.base_links[77 * 32] = kNoLink;
  ExpectRefused();
}

TEST_F(HnswCheck, RefusesALinkToANodeBelowTheLevel) {
  upper()[0] = low_;
  ExpectRefused();
}

TEST_F(HnswCheck, RefusesAnEntryPointThatIsNoNode) {
  graph_.entry = 500;
  ExpectRefused();
  graph_.entry = kNoLink;
  ExpectRefused();
}

TEST_F(HnswCheck, RefusesAnEntryPointBelowOtherNodes) {
  graph_.entry = low_;
  ExpectRefused();
}

TEST_F(HnswCheck, RefusesChainsThatTurnBackOrMeetOrLeave) {
  for (auto [a, b, c, d] : {std::array<uint32_t, 4>{8, 8, 1, kNoLink},
                            {8, 7, 1, kNoLink},
                            {8, 500, 1, kNoLink},
                            {8, low_ + 20, 9, low_ + 20}}) {
    graph_.next_equal = BigArray<uint32_t>(500);
    std::ranges::fill(graph_.next_equal.span(), kNoLink);
    graph_.next_equal[a] = b;
    graph_.next_equal[c] = d;
    ExpectRefused();
  }
}

TEST_F(HnswCheck, RefusesALinkToAFollower) {
  graph_.next_equal = BigArray<uint32_t>(500);
  std::ranges::fill(graph_.next_equal.span(), kNoLink);
  graph_.next_equal[0] = graph_.base_links[77 * 32];
  ExpectRefused();
}

TEST_F(HnswCheck, RefusesALevelWithoutEnd) {
  graph_.levels[3] = kMaxHnswLevel + 1;
  EXPECT_THROW(NumberUpperRows(graph_), Error);
}

// A search over several segments tells each how near the others came: what is in the smaller one is
// found as if it were alone. Walks used to be given up before they had reached the query's cluster.
TEST(HnswBound, LosesNoRowThatIsNearer) {
  const uint32_t dimension = 48;
  Clusters clusters(dimension, 600, 31);
  const Sample others = clusters.DrawMany(9000), own = clusters.DrawMany(4000);
  for (const Quantization quantization : {Quantization::kNone, Quantization::kSq8}) {
    SegmentOptions options =
        Options({Kind::kHnsw, quantization}, Metric::kL2, dimension, own.row_ids, own.vectors);
    const auto segment = Segment::Build(options, own.row_ids, own.vectors);
    for (const uint32_t ef : {10u, 16u, 64u}) {
      double alone = 0, bounded = 0;
      int rows = 0;
      for (int i = 0; i < 200; ++i) {
        const std::vector<float> query = clusters.Draw();
        const auto kth = Oracle(Metric::kL2, others, query)[9].distance;
        const auto truth = Oracle(Metric::kL2, own, query);
        SearchOptions search = {.k = 10, .ef = ef};
        const auto free = segment->Search(query, search);
        search.bound = static_cast<float>(kth);
        const auto held = segment->Search(query, search);
        for (size_t r = 0; r < 10 && truth[r].distance < kth; ++r) {
          const auto is_it = [&](const Neighbour& found) {
            return found.row_id == truth[r].row_id;
          };
          ++rows;
          alone += std::any_of(free.begin(), free.end(), is_it);
          bounded += std::any_of(held.begin(), held.end(), is_it);
        }
      }
      ASSERT_GT(rows, 200);
      EXPECT_GE(bounded / rows, alone / rows - 0.01) << QuantizationName(quantization) << ' ' << ef;
    }
  }
}

// Rows that no walk reaches are found by a scan, whatever somebody else has found.
TEST(HnswBound, KeepsTheScanForWhatAWalkDoesNotReach) {
  const Sample sample = Clusters(16, 20, 33).DrawMany(3000);
  const auto segment = BuildFrom(sample, Kind::kHnsw, Metric::kL2);
  PositionSet allowed(3000, false);
  for (uint32_t i = 0; i < 3000; i += 2) allowed.Add(i);
  const std::vector<float> query(sample.row(0).begin(), sample.row(0).end());
  const auto found = segment->Search(
      query, {.k = 1500, .ef = 1, .allowed = &allowed, .bound = std::numeric_limits<float>::max()});
  EXPECT_EQ(found.size(), 1500u);
}

}  // namespace
}  // namespace semblance::index
