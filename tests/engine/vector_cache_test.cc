#include "engine/vector_cache.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

namespace semblance::engine {
namespace {

std::vector<float> VectorOf(int64_t row_id, uint64_t commit, uint32_t dimension) {
  std::vector<float> vector(dimension);
  for (uint32_t i = 0; i < dimension; ++i)
    vector[i] = static_cast<float>(row_id) + 1000 * static_cast<float>(commit) + i;
  return vector;
}

TEST(VectorCache, TellsVersionsOfARowApart) {
  VectorCache cache(3);
  std::vector<float> found(3);
  cache.Keep(7, 1, VectorOf(7, 1, 3).data());
  cache.Keep(7, 2, VectorOf(7, 2, 3).data());
  ASSERT_TRUE(cache.Find(7, 1, found.data()));
  EXPECT_EQ(found, VectorOf(7, 1, 3));
  ASSERT_TRUE(cache.Find(7, 2, found.data()));
  EXPECT_EQ(found, VectorOf(7, 2, 3));
  EXPECT_FALSE(cache.Find(7, 3, found.data()));
  EXPECT_FALSE(cache.Find(8, 1, found.data()));
}

TEST(VectorCache, GivesWhatWasKeptOrNothingHoweverMuchThatIs) {
  for (uint32_t dimension : {1u, 384u, 8192u}) {
    VectorCache cache(dimension);
    std::vector<float> found(dimension);
    int there = 0;
    for (int64_t row_id = -5000; row_id < 5000; ++row_id)
      cache.Keep(row_id, 1, VectorOf(row_id, 1, dimension).data());
    for (int64_t row_id = -5000; row_id < 5000; ++row_id) {
      if (!cache.Find(row_id, 1, found.data())) continue;
      ++there;
      ASSERT_EQ(found, VectorOf(row_id, 1, dimension));
    }
    EXPECT_GT(there, 50) << dimension;
    EXPECT_LE(there, VectorCache::kBytes / (dimension * sizeof(float)));
  }
}

TEST(VectorCache, KeepsWhatIsAskedForOften) {
  VectorCache cache(384);
  std::vector<float> found(384);
  cache.Keep(1, 1, VectorOf(1, 1, 384).data());
  for (int64_t row_id = 2; row_id < 50000; ++row_id) {
    cache.Keep(row_id, 1, VectorOf(row_id, 1, 384).data());
    ASSERT_TRUE(cache.Find(1, 1, found.data())) << row_id;
  }
}

TEST(VectorCache, IsOfSeveralThreads) {
  VectorCache cache(16);
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      std::vector<float> found(16);
      for (int64_t i = 0; i < 20000; ++i) {
        const int64_t row_id = (i * 7 + t) % 3000;
        if (cache.Find(row_id, 1, found.data())) {
          wrong += found != VectorOf(row_id, 1, 16);
        } else {
          cache.Keep(row_id, 1, VectorOf(row_id, 1, 16).data());
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace semblance::engine
