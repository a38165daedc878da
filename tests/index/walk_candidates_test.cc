#include "index/walk_candidates.h"

#include <gtest/gtest.h>

#include <numeric>
#include <random>
#include <utility>
#include <vector>

namespace semblance::index {
namespace {

struct Trace {
  std::vector<uint32_t> opened;  // in order
  std::vector<std::pair<uint32_t, float>> given;
};

// A walk on random distances, of so many different ones.
template <typename Candidates>
Trace RandomWalk(Candidates& candidates, uint32_t seed, uint32_t nodes, int different,
                 const std::vector<int64_t>& row_ids) {
  std::mt19937 random(seed);
  std::uniform_int_distribution<int> distance(-different / 10, different);
  Trace trace;
  for (uint32_t node = 0; node < nodes;) {
    const uint32_t links = 1 + random() % 8;
    for (uint32_t i = 0; i < links && node < nodes; ++i, ++node) {
      const float at = static_cast<float>(distance(random)) / 128;
      const bool follower = random() % 8 == 0;
      if (!(at < candidates.bound())) continue;
      const bool entered = follower ? candidates.AddFollower(at, node) : candidates.Add(at, node);
      EXPECT_TRUE(entered);
    }
    if (!candidates.HasNext()) continue;
    EXPECT_EQ(candidates.Peek(), candidates.Peek());
    trace.opened.push_back(candidates.Open());
  }
  while (candidates.HasNext()) trace.opened.push_back(candidates.Open());
  for (const Neighbour& n : candidates.Take(10, row_ids.data())) {
    EXPECT_EQ(n.row_id, row_ids[n.position]);
    trace.given.emplace_back(n.position, n.distance);
  }
  return trace;
}

TEST(WalkCandidates, OfBothKindsAreOpenedAndGivenAlike) {
  std::vector<int64_t> row_ids(3000);
  std::iota(row_ids.begin(), row_ids.end(), 1000);
  for (const int different : {300, 1 << 24}) {
    for (uint32_t seed = 1; seed <= 200; ++seed) {
      const size_t capacity = 1 + seed % 70;
      OrderedCandidates ordered;
      ordered.Start(capacity);
      HeapCandidates heaps;
      heaps.Start(capacity, nullptr);
      const uint32_t nodes = 20 * (1 + seed % 100);
      const Trace by_list = RandomWalk(ordered, seed, nodes, different, row_ids);
      const Trace by_heaps = RandomWalk(heaps, seed, nodes, different, row_ids);
      ASSERT_EQ(by_list.given, by_heaps.given) << "seed " << seed;
      ASSERT_EQ(by_list.opened, by_heaps.opened) << "seed " << seed;
      ASSERT_GE(by_list.opened.size(), 1u);
    }
  }
}

TEST(WalkCandidates, KeepTheirDistancesToTheLastBit) {
  const std::vector<float> distances = {-3.5f, -1e-38f, 0.0f, 1e-45f, 0.25f, 3e38f};
  std::vector<int64_t> row_ids(distances.size());
  OrderedCandidates candidates;
  candidates.Start(distances.size());
  for (size_t i = distances.size(); i-- > 0;)
    candidates.Add(distances[i], static_cast<uint32_t>(i));
  const auto taken = candidates.Take(distances.size(), row_ids.data());
  for (size_t i = 0; i < distances.size(); ++i) EXPECT_EQ(taken[i].distance, distances[i]);
}

TEST(WalkCandidates, TakeMinusZeroForZero) {
  const std::vector<int64_t> row_ids = {7, 8};
  OrderedCandidates candidates;
  candidates.Start(2);
  candidates.Add(0.0f, 0);
  candidates.Add(-0.0f, 1);
  EXPECT_EQ(candidates.Take(1, row_ids.data())[0].row_id, 7);
}

TEST(WalkCandidates, BeginAnewWithNothing) {
  const std::vector<int64_t> row_ids = {7};
  OrderedCandidates candidates;
  candidates.Start(3);
  candidates.Add(1, 0);
  candidates.Start(2);
  EXPECT_FALSE(candidates.HasNext());
  EXPECT_TRUE(candidates.Take(5, row_ids.data()).empty());
}

}  // namespace
}  // namespace semblance::index
