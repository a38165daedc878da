// Every kernel of this processor against sums in double.
#include "index/kernels.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace semblance::index {
namespace {

struct Sums {
  double inner_product = 0;
  double inner_product_size = 0;  // sum of the absolute terms, which the error is relative to
  double squared_l2 = 0;
};

Sums InDouble(const float* a, const float* b, size_t dimension) {
  Sums sums;
  for (size_t i = 0; i < dimension; ++i) {
    const double product = static_cast<double>(a[i]) * b[i];
    const double difference = static_cast<double>(a[i]) - b[i];
    sums.inner_product += product;
    sums.inner_product_size += std::abs(product);
    sums.squared_l2 += difference * difference;
  }
  return sums;
}

std::vector<size_t> Dimensions() {
  std::vector<size_t> dimensions;
  for (size_t dimension = 1; dimension <= 130; ++dimension) dimensions.push_back(dimension);
  dimensions.insert(dimensions.end(), {384, 1023, 4096, 8192});
  return dimensions;
}

// Exactly `count` elements on the heap, so that a sanitizer sees a read behind them.
std::unique_ptr<float[]> Random(size_t count, std::mt19937& random) {
  std::normal_distribution<float> gauss;
  auto values = std::make_unique<float[]>(count);
  for (size_t i = 0; i < count; ++i) values[i] = gauss(random);
  return values;
}

class EveryKernel : public testing::TestWithParam<KernelLevel> {
 protected:
  const KernelSet* kernels_ = KernelsOf(GetParam());
};

TEST_P(EveryKernel, AgreesWithSumsInDouble) {
  std::mt19937 random(7);
  for (size_t dimension : Dimensions()) {
    const auto a = Random(dimension, random);
    const auto b = Random(dimension, random);
    const Sums sums = InDouble(a.get(), b.get(), dimension);
    EXPECT_NEAR(kernels_->inner_product.one(a.get(), b.get(), dimension), sums.inner_product,
                1e-6 * sums.inner_product_size)
        << dimension;
    EXPECT_NEAR(kernels_->squared_l2.one(a.get(), b.get(), dimension), sums.squared_l2,
                1e-6 * sums.squared_l2)
        << dimension;
  }
}

TEST_P(EveryKernel, GivesARowTheSameBitsAloneAndAmongOthers) {
  std::mt19937 random(8);
  for (size_t dimension : Dimensions()) {
    constexpr size_t kRows = 11;
    const auto query = Random(dimension, random);
    const auto rows = Random(kRows * dimension, random);
    const auto row_at = [&](size_t i) { return rows.get() + i * dimension; };
    for (const Kernel& kernel : {kernels_->inner_product, kernels_->squared_l2}) {
      float in_order[kRows], scattered[kRows];
      ComputeRows<RowOrder::kInOrder>(kernel, query.get(), row_at, kRows, dimension, in_order);
      ComputeRows<RowOrder::kScattered>(kernel, query.get(), row_at, kRows, dimension, scattered);
      for (size_t i = 0; i < kRows; ++i) {
        const float alone = kernel.one(query.get(), row_at(i), dimension);
        EXPECT_EQ(in_order[i], alone) << dimension << ", row " << i;
        EXPECT_EQ(scattered[i], alone) << dimension << ", row " << i;
      }
    }
  }
}

TEST_P(EveryKernel, NeedsNoMoreThanAFloatsAlignment) {
  std::mt19937 random(9);
  const auto a = Random(67, random);
  const auto room = std::make_unique<float[]>(67 + 16);
  for (size_t offset = 0; offset < 16; ++offset) {
    std::copy_n(a.get(), 67, room.get() + offset);
    EXPECT_EQ(kernels_->squared_l2.one(a.get(), room.get() + offset, 67), 0);
    EXPECT_EQ(kernels_->inner_product.one(a.get(), room.get() + offset, 67),
              kernels_->inner_product.one(a.get(), a.get(), 67));
  }
}

// A level that this processor lacks cannot be tried here.
std::vector<KernelLevel> LevelsOfThisProcessor() {
  std::vector<KernelLevel> levels;
  for (KernelLevel level : {KernelLevel::kPortable, KernelLevel::kAvx2, KernelLevel::kAvx512}) {
    if (KernelsOf(level) != nullptr) levels.push_back(level);
  }
  return levels;
}

INSTANTIATE_TEST_SUITE_P(Levels, EveryKernel, testing::ValuesIn(LevelsOfThisProcessor()),
                         [](const testing::TestParamInfo<KernelLevel>& each) {
                           return std::string(KernelsOf(each.param)->name);
                         });

TEST(Kernels, PortableOnesAreAlwaysThere) {
  EXPECT_EQ(KernelsOf(KernelLevel::kPortable), &kPortableKernels);
}

TEST(Kernels, TheBestOfTheProcessorIsChosen) {
  const KernelSet* best = &kPortableKernels;
  for (KernelLevel level : {KernelLevel::kAvx2, KernelLevel::kAvx512}) {
    if (KernelsOf(level) != nullptr) best = KernelsOf(level);
  }
  EXPECT_EQ(&BestKernels(), best);
}

}  // namespace
}  // namespace semblance::index
