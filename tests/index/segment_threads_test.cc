// Concurrent searches of one segment. Run under ThreadSanitizer to mean anything beyond equal
// answers; builds are by one thread here, since FAISS reads lists of links that another thread is
// changing, which is how HNSW is built everywhere.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "index/segment.h"
#include "tests/index/sample.h"

namespace semblance::index {
namespace {

TEST(SegmentThreads, SearchesAtTheSameTimeAnswerAsOneAfterTheOther) {
  Clusters clusters(16, 20, 1);
  const Sample sample = clusters.DrawMany(3000);
  const auto large = BuildFrom(sample, Kind::kHnsw, Metric::kL2);
  const auto small = BuildFrom(clusters.DrawMany(700), Kind::kHnsw, Metric::kCosine);
  PositionSet allowed(sample.size());
  for (uint32_t i = 0; i < sample.size(); i += 3) allowed.Remove(i);
  const std::vector<SearchOptions> ways = {
      {.ef = 16}, {.ef = 16, .allowed = &allowed}, {.exact = true}};

  std::vector<std::vector<float>> queries;
  std::vector<std::vector<Neighbour>> expected;
  for (int i = 0; i < 30; ++i) {
    queries.push_back(clusters.Draw());
    for (const SearchOptions& way : ways) expected.push_back(large->Search(queries[i], way));
  }
  std::atomic<int> wrong{0};
  const auto work = [&](size_t start) {
    for (size_t turn = 0; turn < 3 * queries.size(); ++turn) {
      const size_t i = (start + turn) % queries.size();
      small->Search(queries[i], {.ef = 12});
      for (size_t w = 0; w < ways.size(); ++w) {
        const auto found = large->Search(queries[i], ways[w]);
        const auto& right = expected[i * ways.size() + w];
        wrong += !std::ranges::equal(found, right, {}, &Neighbour::row_id, &Neighbour::row_id);
      }
    }
  };
  {
    std::vector<std::jthread> threads;
    for (size_t i = 0; i < 4; ++i) threads.emplace_back(work, i * 7);
  }
  EXPECT_EQ(wrong, 0);
}

TEST(SegmentThreads, BuildsAtTheSameTimeDoNotDisturbEachOther) {
  Clusters clusters(8, 10, 2);
  const Sample sample = clusters.DrawMany(400);
  std::atomic<int> right{0};
  const auto expected = BuildFrom(sample, Kind::kHnsw, Metric::kL2);
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 3; ++i) {
      threads.emplace_back([&] {
        const auto segment = BuildFrom(sample, Kind::kHnsw, Metric::kL2);
        const auto found = segment->Search(sample.row(5), {.k = 7});
        const auto same = expected->Search(sample.row(5), {.k = 7});
        right += std::ranges::equal(found, same, {}, &Neighbour::row_id, &Neighbour::row_id);
      });
    }
  }
  EXPECT_EQ(right, 3);
}

}  // namespace
}  // namespace semblance::index
