// Every code kernel of this processor against sums in double.
#include "index/code_kernels.h"

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "index/segment.h"

namespace semblance::index {
namespace {

class EveryCodeKernel : public testing::TestWithParam<CodeLevel> {
 protected:
  const CodeKernel& kernel_ = *CodeKernelOf(GetParam());
};

double InDouble(const int8_t* a, const int8_t* b, size_t stride) {
  double sum = 0;
  for (size_t i = 0; i < stride; ++i) sum += static_cast<double>(a[i]) * b[i];
  return sum;
}

TEST_P(EveryCodeKernel, GivesExactlyTheSum) {
  std::mt19937 random(1);
  constexpr size_t kRows = 4;
  for (size_t stride : {64, 128, 192, 384, 1024, 8192}) {
    // Exactly so many bytes on the heap, so that a sanitizer sees a read behind them.
    const auto query = std::make_unique<int8_t[]>(stride);
    const auto rows = std::make_unique<int8_t[]>(kRows * stride);
    for (int turn = 0; turn < 20; ++turn) {
      for (size_t i = 0; i < stride; ++i) query[i] = static_cast<int8_t>(random() % 255 - 127);
      for (size_t i = 0; i < kRows * stride; ++i) {
        rows[i] = static_cast<int8_t>(random() % 255 - 127);
      }
      const int8_t* pointers[kRows];
      for (size_t r = 0; r < kRows; ++r) pointers[r] = rows.get() + r * stride;
      int32_t together[kRows];
      kernel_.four(query.get(), pointers, stride, together);
      for (size_t r = 0; r < kRows; ++r) {
        EXPECT_EQ(together[r], InDouble(query.get(), pointers[r], stride)) << stride;
        EXPECT_EQ(kernel_.one(query.get(), pointers[r], stride), together[r]) << stride;
      }
    }
  }
}

// The largest codes there are, of every sign, in the largest dimension: nothing saturates.
TEST_P(EveryCodeKernel, HoldsTheLargestSums) {
  constexpr size_t kStride = CodeStride(kMaxDimension);
  for (int q : {-127, 127}) {
    for (int r : {-127, 127}) {
      const std::vector<int8_t> query(kStride, static_cast<int8_t>(q));
      const std::vector<int8_t> row(kStride, static_cast<int8_t>(r));
      EXPECT_EQ(kernel_.one(query.data(), row.data(), kStride), q * r * int32_t{kStride});
    }
  }
}

std::vector<CodeLevel> LevelsOfThisProcessor() {
  std::vector<CodeLevel> levels;
  for (CodeLevel level : {CodeLevel::kPortable, CodeLevel::kAvx2, CodeLevel::kAvx512Vnni}) {
    if (CodeKernelOf(level) != nullptr) levels.push_back(level);
  }
  return levels;
}

INSTANTIATE_TEST_SUITE_P(Levels, EveryCodeKernel, testing::ValuesIn(LevelsOfThisProcessor()),
                         [](const testing::TestParamInfo<CodeLevel>& each) {
                           return std::string(CodeKernelOf(each.param)->name);
                         });

TEST(CodeKernels, TheBestOfTheProcessorIsChosen) {
  EXPECT_EQ(&BestCodeKernel(), CodeKernelOf(LevelsOfThisProcessor().back()));
}

}  // namespace
}  // namespace semblance::index
