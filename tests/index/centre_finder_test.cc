// The nearest of many centres, held to one that measures them all; and the least of some numbers.
#include "index/centre_finder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

#include "index/first_least.h"
#include "index/scorer.h"
#include "tests/index/sample.h"

namespace semblance::index {
namespace {

TEST(CentreFinder, FindsTheNearestWithAndWithoutCodes) {
  for (const uint32_t dimension : {3u, 64u, 100u, 384u}) {
    for (const uint32_t count : {1u, 2u, 33u, 500u}) {
      Clusters clusters(dimension, 20, count);
      const Sample centres = clusters.DrawMany(count);
      const CentreFinder finder(centres.vectors, dimension);
      std::vector<float> room;
      for (int i = 0; i < 100; ++i) {
        const std::vector<float> row = clusters.Draw();
        const auto found = finder.Find(row, room);
        float least = std::numeric_limits<float>::infinity();
        for (uint32_t c = 0; c < count; ++c)
          least = std::min(least, SquaredL2(row.data(), centres.row(c).data(), dimension));
        EXPECT_NEAR(found.squared, least, least * 1e-5f) << dimension << " " << count;
        EXPECT_NEAR(SquaredL2(row.data(), centres.row(found.centre).data(), dimension), least,
                    least * 1e-5f);
      }
    }
  }
}

// Codes of numbers as large as these have no bound that is finite.
TEST(CentreFinder, FindsTheNearestOfHugeNumbers) {
  constexpr uint32_t kDimension = 64;
  std::vector<float> centres(3 * kDimension, 0.0f), room;
  centres[0] = 1e19f;
  centres[kDimension] = -1e19f;
  centres[2 * kDimension] = 3e18f;
  const CentreFinder finder(centres, kDimension);
  for (uint32_t c = 0; c < 3; ++c)
    EXPECT_EQ(finder.Find(std::span(centres).subspan(c * kDimension, kDimension), room).centre, c);
}

TEST(FirstLeast, IsTheFirstOfTheLeast) {
  std::mt19937 random(4);
  for (size_t count = 1; count < 150; ++count) {
    std::vector<float> numbers(count);
    for (float& number : numbers) number = static_cast<float>(random() % 7) - 3;
    EXPECT_EQ(
        FirstLeast(numbers.data(), count),
        static_cast<size_t>(std::min_element(numbers.begin(), numbers.end()) - numbers.begin()));
  }
  const std::vector<float> infinite(40, std::numeric_limits<float>::infinity());
  EXPECT_EQ(FirstLeast(infinite.data(), infinite.size()), 0u);
}

}  // namespace
}  // namespace semblance::index
