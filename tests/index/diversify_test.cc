// Diversify against the formula, evaluated as it is written.
#include "index/diversify.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "index/error.h"
#include "tests/index/sample.h"

namespace semblance::index {
namespace {

struct Near {
  std::vector<float> vectors, distances;
};

// The `count` rows nearest to a query.
Near NearestOf(Metric metric, const Sample& sample, const std::vector<float>& query, size_t count) {
  Near near;
  for (const Neighbour& n : ScanNearest(metric, query, sample.row_ids, sample.vectors,
                                        {.k = static_cast<uint32_t>(count)})) {
    const auto row = sample.row(n.position);
    near.vectors.insert(near.vectors.end(), row.begin(), row.end());
    near.distances.push_back(n.distance);
  }
  return near;
}

double ScoreOfRows(Metric metric, const Near& near, uint32_t dimension, size_t a, size_t b) {
  return Score(metric, Distance(metric, near.vectors.data() + a * dimension,
                                near.vectors.data() + b * dimension, dimension));
}

std::vector<uint32_t> ByTheFormula(Metric metric, const Near& near, uint32_t dimension, size_t k,
                                   double diversity) {
  std::vector<uint32_t> chosen;
  while (chosen.size() < k) {
    double best_worth = -1e300;
    uint32_t best = 0;
    for (uint32_t i = 0; i < near.distances.size(); ++i) {
      if (std::find(chosen.begin(), chosen.end(), i) != chosen.end()) continue;
      double closest = chosen.empty() ? 0 : -1e300;
      for (uint32_t c : chosen)
        closest = std::max(closest, ScoreOfRows(metric, near, dimension, i, c));
      const double worth =
          (1 - diversity) * Score(metric, near.distances[i]) - diversity * closest;
      if (worth <= best_worth) continue;
      best_worth = worth;
      best = i;
    }
    chosen.push_back(best);
  }
  return chosen;
}

class Diversity : public testing::TestWithParam<Metric> {};

TEST_P(Diversity, IsTheFormula) {
  Clusters clusters(16, 6, 5);
  const Sample sample = clusters.DrawMany(400);
  for (int round = 0; round < 5; ++round) {
    const Near near = NearestOf(GetParam(), sample, clusters.Draw(), 80);
    for (double diversity : {0.0, 0.2, 0.5, 0.9}) {
      EXPECT_EQ(Diversify({GetParam(), 16, near.vectors, near.distances}, 15, diversity),
                ByTheFormula(GetParam(), near, 16, 15, diversity))
          << diversity;
    }
  }
}

TEST_P(Diversity, OfNothingIsTheOrderOfTheSearch) {
  Clusters clusters(8, 3, 6);
  const Near near = NearestOf(GetParam(), clusters.DrawMany(100), clusters.Draw(), 10);
  const std::vector<uint32_t> all = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
  EXPECT_EQ(Diversify({GetParam(), 8, near.vectors, near.distances}, 20, 0), all);
}

INSTANTIATE_TEST_SUITE_P(Metrics, Diversity, testing::ValuesIn(kMetrics), [](const auto& metric) {
  return std::string(MetricName(metric.param));
});

TEST(DiversityTest, LeavesOutWhatWasSaidAlready) {
  // Two that are the same, one a little farther off in another direction.
  const std::vector<float> vectors = {1, 0.1f, 1, 0.1f, 1, -0.3f};
  const std::vector<float> distances = {0.005f, 0.005f, 0.042f};
  const Candidates candidates = {Metric::kCosine, 2, vectors, distances};
  EXPECT_EQ(Diversify(candidates, 2, 0), (std::vector<uint32_t>{0, 1}));
  EXPECT_EQ(Diversify(candidates, 2, 0.5), (std::vector<uint32_t>{0, 2}));
  EXPECT_EQ(Diversify(candidates, 2, 1), (std::vector<uint32_t>{0, 2}));
}

TEST(DiversityTest, EndsWhenItIsTold) {
  const std::vector<float> vectors = {1, 2};
  const std::vector<float> distances = {1, 2};
  try {
    Diversify({Metric::kL2, 1, vectors, distances}, 2, 0.5, [] { return true; });
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kInterrupted);
  }
}

}  // namespace
}  // namespace semblance::index
