#include <gtest/gtest.h>

#include <cmath>

#include "engine/training/adamw.h"
#include "engine/training/schedule.h"

namespace semblance::training {
namespace {

TEST(AdamW, FirstStepMovesEachWeightByTheLearningRateAgainstItsGradient) {
  AdamW optimiser(3, 0, {});
  std::vector<float> weights = {1, 2, 3};
  const std::vector<float> gradients = {0.5f, -0.001f, 0};
  optimiser.Step(weights.data(), gradients.data(), 1, 0.1);
  EXPECT_NEAR(weights[0], 0.9, 1e-5);
  EXPECT_NEAR(weights[1], 2.1, 1e-4);
  EXPECT_EQ(weights[2], 3);
}

TEST(AdamW, FollowsTheFormulaOverSeveralSteps) {
  AdamW optimiser(1, 0.1, {});
  float weight = 1;
  double expected = 1, m = 0, v = 0;
  for (int step = 1; step <= 5; ++step) {
    const double gradient = 0.3 * step - 0.7;
    const float given = static_cast<float>(gradient);
    optimiser.Step(&weight, &given, 1, 0.01);
    m = 0.9 * m + 0.1 * gradient;
    v = 0.999 * v + 0.001 * gradient * gradient;
    expected *= 1 - 0.01 * 0.1;
    expected -= 0.01 * (m / (1 - std::pow(0.9, step))) /
                (std::sqrt(v / (1 - std::pow(0.999, step))) + 1e-8);
    EXPECT_NEAR(weight, expected, 1e-5) << step;
  }
}

TEST(Schedule, RisesOverTheWarmUpAndFallsToNothing) {
  EXPECT_DOUBLE_EQ(ScheduleFactor(0, 100, 0.1), 0.1);
  EXPECT_DOUBLE_EQ(ScheduleFactor(9, 100, 0.1), 1);
  EXPECT_LT(ScheduleFactor(99, 100, 0.1), 0.02);
  EXPECT_GT(ScheduleFactor(99, 100, 0.1), 0);
  for (int step = 10; step < 100; ++step) {
    EXPECT_LT(ScheduleFactor(step, 100, 0.1), ScheduleFactor(step - 1, 100, 0.1));
  }
  EXPECT_DOUBLE_EQ(ScheduleFactor(0, 1, 0), 1);
}

}  // namespace
}  // namespace semblance::training
