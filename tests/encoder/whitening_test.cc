#include "engine/encoder/whitening.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "engine/encoder/encoder.h"

namespace semblance::encoder {
namespace {

constexpr size_t kWidth = 12;

// Points around (1, 1, ...) that vary in `directions` directions, each less than the one before.
std::vector<std::vector<float>> Cloud(size_t count, size_t directions) {
  std::mt19937 random(5);
  std::normal_distribution<double> normal;
  std::vector<std::vector<double>> axes(directions, std::vector<double>(kWidth));
  for (auto& axis : axes) {
    for (double& value : axis) value = normal(random);
  }
  std::vector<std::vector<float>> points;
  for (size_t i = 0; i < count; ++i) {
    std::vector<double> point(kWidth, 1.0);
    for (size_t k = 0; k < directions; ++k) {
      const double along = normal(random) / static_cast<double>(k + 1);
      for (size_t d = 0; d < kWidth; ++d) point[d] += along * axes[k][d];
    }
    points.emplace_back(point.begin(), point.end());
  }
  return points;
}

ModelPackage Fitted(const std::vector<std::vector<float>>& points, size_t most) {
  WhiteningFit fit(kWidth);
  for (const auto& point : points) fit.Add(point);
  ModelPackage package;
  package.Add(Whitening::kFile, fit.Finish(most));
  return package;
}

TEST(SymmetricEigen, TakesAMatrixApartIntoOrthogonalDirections) {
  constexpr size_t n = 7;
  std::mt19937 random(1);
  std::normal_distribution<double> normal;
  std::vector<double> half(n * n), matrix(n * n);
  for (double& value : half) value = normal(random);
  for (size_t i = 0; i < n; ++i) {
    for (size_t j = 0; j < n; ++j) {
      for (size_t k = 0; k < n; ++k) matrix[i * n + j] += half[i * n + k] * half[j * n + k];
    }
  }
  const Eigen eigen = SymmetricEigen(matrix, n);
  for (size_t i = 0; i < n; ++i) {
    for (size_t j = 0; j < n; ++j) {
      double again = 0, product = 0;
      for (size_t k = 0; k < n; ++k) {
        again += eigen.vectors[k * n + i] * eigen.values[k] * eigen.vectors[k * n + j];
        product += eigen.vectors[i * n + k] * eigen.vectors[j * n + k];
      }
      EXPECT_NEAR(again, matrix[i * n + j], 1e-9);
      EXPECT_NEAR(product, i == j ? 1 : 0, 1e-10);
    }
    if (i > 0) EXPECT_LE(eigen.values[i], eigen.values[i - 1]);
  }
}

TEST(Whitening, MakesTheTextsItWasFittedOnVaryAlikeInEveryDirection) {
  const auto points = Cloud(500, kWidth);
  const auto whitening = Whitening::Load(Fitted(points, 5), kWidth);
  ASSERT_EQ(whitening->dimension(), 5);
  std::vector<double> mean(5), products(25);
  for (const auto& point : points) {
    float out[5];
    whitening->Apply(point.data(), out);
    for (size_t i = 0; i < 5; ++i) {
      mean[i] += static_cast<double>(out[i]) / 500;
      for (size_t j = 0; j < 5; ++j)
        products[i * 5 + j] += static_cast<double>(out[i]) * out[j] / 500;
    }
  }
  for (size_t i = 0; i < 5; ++i) {
    EXPECT_NEAR(mean[i], 0, 1e-4);
    for (size_t j = 0; j < 5; ++j) EXPECT_NEAR(products[i * 5 + j], i == j ? 1 : 0, 1e-3);
  }
}

TEST(Whitening, KeepsAsManyDirectionsAsThereAre) {
  EXPECT_EQ(Whitening::Load(Fitted(Cloud(100, 3), 0), kWidth)->dimension(), 3);
  EXPECT_EQ(Whitening::Load(Fitted(Cloud(100, 3), 9), kWidth)->dimension(), 3);
  EXPECT_EQ(Whitening::Load(Fitted(Cloud(4, kWidth), 0), kWidth)->dimension(), 3) << "of 4 points";
  EXPECT_THROW(Fitted(Cloud(1, 3), 0), Error);
  EXPECT_THROW(Fitted({}, 0), Error);
}

TEST(Whitening, AFileThatDoesNotFitIsRefused) {
  const ModelPackage package = Fitted(Cloud(50, kWidth), 4);
  EXPECT_THROW(Whitening::Load(package, kWidth + 1), Error);
  ModelPackage damaged;
  damaged.Add(Whitening::kFile, "no tensors");
  EXPECT_THROW(Whitening::Load(damaged, kWidth), Error);
  EXPECT_EQ(Whitening::Load(ModelPackage(), kWidth), nullptr);
}

TEST(UnitPrefix, IsTheBeginningAtUnitLength) {
  const std::vector<float> vector = {0.6f, 0, 0.8f};
  EXPECT_EQ(UnitPrefix(vector, 1), (std::vector<float>{1}));
  EXPECT_EQ(UnitPrefix(vector, 2), (std::vector<float>{1, 0}));
  const std::vector<float> whole = UnitPrefix(vector, 3);
  for (size_t i = 0; i < 3; ++i) EXPECT_NEAR(whole[i], vector[i], 1e-6);
  EXPECT_EQ(UnitPrefix(std::vector<float>{0, 0, 1}, 2), (std::vector<float>{0, 0}));
}

}  // namespace
}  // namespace semblance::encoder
