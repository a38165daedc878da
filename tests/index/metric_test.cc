#include "index/metric.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "index/kernels.h"
#include "tests/index/sample.h"

namespace semblance::index {
namespace {

TEST(Distance, IsOneMinusTheCosine) {
  const float a[] = {3, 0}, b[] = {0, 5}, c[] = {7, 0}, d[] = {-1, 0}, e[] = {2, 2};
  EXPECT_DOUBLE_EQ(Distance(Metric::kCosine, a, b, 2), 1);
  EXPECT_DOUBLE_EQ(Distance(Metric::kCosine, a, c, 2), 0);
  EXPECT_DOUBLE_EQ(Distance(Metric::kCosine, a, d, 2), 2);
  EXPECT_NEAR(Distance(Metric::kCosine, a, e, 2), 1 - std::sqrt(0.5), 1e-15);
}

TEST(Distance, IsTheRootOfTheSquares) {
  const float a[] = {1, 2}, b[] = {4, 6};
  EXPECT_DOUBLE_EQ(Distance(Metric::kL2, a, b, 2), 5);
  EXPECT_DOUBLE_EQ(Distance(Metric::kL2, a, a, 2), 0);
}

TEST(Distance, IsTheNegatedInnerProduct) {
  const float a[] = {1, 2}, b[] = {4, -6};
  EXPECT_DOUBLE_EQ(Distance(Metric::kInnerProduct, a, b, 2), 8);
}

TEST(Distance, OfCosineWithAZeroVectorIsNotANumber) {
  const float a[] = {1, 2}, zero[] = {0, 0};
  EXPECT_TRUE(std::isnan(Distance(Metric::kCosine, a, zero, 2)));
}

TEST(Distance, SurvivesTheSmallestAndTheLargestFloats) {
  const float small[] = {std::numeric_limits<float>::denorm_min(), 0};
  const float large[] = {std::numeric_limits<float>::max(), 0};
  EXPECT_DOUBLE_EQ(Distance(Metric::kCosine, small, large, 2), 0);
  EXPECT_DOUBLE_EQ(Distance(Metric::kL2, small, large, 2), std::numeric_limits<float>::max());
}

TEST(Distance, OfCosineStaysWithinItsRange) {
  Clusters clusters(100, 5, 3);
  for (int i = 0; i < 200; ++i) {
    const std::vector<float> a = clusters.Draw();
    std::vector<float> opposite = a;
    for (float& element : opposite) element = -3 * element;
    EXPECT_GE(Distance(Metric::kCosine, a.data(), a.data(), 100), 0);
    EXPECT_LE(Distance(Metric::kCosine, a.data(), opposite.data(), 100), 2);
  }
}

TEST(InnerProducts, MeasureEveryRowOfAnArray) {
  const float query[] = {1, 2, 3};
  const float rows[] = {1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 1, 1, -1, -1, -1};
  float products[5], squares[5];
  InnerProducts(query, rows, 5, 3, products);
  SquaredL2s(query, rows, 5, 3, squares);
  const float expected_products[] = {1, 2, 3, 6, -6}, expected_squares[] = {13, 11, 9, 5, 29};
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(products[i], expected_products[i]);
    EXPECT_EQ(squares[i], expected_squares[i]);
    EXPECT_EQ(InnerProduct(query, rows + 3 * i, 3), expected_products[i]);
    EXPECT_EQ(SquaredL2(query, rows + 3 * i, 3), expected_squares[i]);
  }
}

TEST(Normalize, ScalesToUnitLength) {
  float vector[] = {3, 0, -4};
  ASSERT_TRUE(Normalize(vector, 3));
  EXPECT_FLOAT_EQ(vector[0], 0.6f);
  EXPECT_FLOAT_EQ(vector[2], -0.8f);
  float tiny[] = {std::numeric_limits<float>::denorm_min(), 0};
  ASSERT_TRUE(Normalize(tiny, 2));
  EXPECT_EQ(tiny[0], 1);
  float huge[] = {std::numeric_limits<float>::max(), std::numeric_limits<float>::max()};
  ASSERT_TRUE(Normalize(huge, 2));
  EXPECT_FLOAT_EQ(huge[1], std::sqrt(0.5f));
}

TEST(Normalize, LeavesAZeroVectorAlone) {
  float vector[] = {0, -0.0f, 0};
  EXPECT_FALSE(Normalize(vector, 3));
  EXPECT_EQ(vector[1], 0);
}

TEST(MetricName, IsWhatSqlSays) {
  EXPECT_EQ(MetricName(Metric::kCosine), "cosine");
  EXPECT_EQ(MetricName(Metric::kL2), "l2");
  EXPECT_EQ(MetricName(Metric::kInnerProduct), "ip");
}

TEST(KernelName, IsThatOfTheChosenKernels) { EXPECT_EQ(KernelName(), BestKernels().name); }

}  // namespace
}  // namespace semblance::index
