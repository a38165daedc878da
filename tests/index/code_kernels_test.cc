// Every code kernel of this processor against sums in double.
#include "index/code_kernels.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <memory>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include "index/segment.h"

namespace semblance::index {
namespace {

using Case = std::tuple<Quantization, CodeLevel>;

class EveryCodeKernel : public testing::TestWithParam<Case> {
 protected:
  Quantization quantization() const { return std::get<0>(GetParam()); }
  const CodeKernel& kernel_ = *CodeKernelOf(std::get<0>(GetParam()), std::get<1>(GetParam()));
};

// Exactly so many bytes on the heap, so that a sanitizer sees a read behind them; at an alignment
// that floats and words need.
std::unique_ptr<uint8_t[]> RandomCodes(Quantization quantization, size_t bytes, bool query,
                                       std::mt19937& random) {
  auto codes = std::make_unique<uint8_t[]>(bytes);
  std::uniform_real_distribution<float> within(-1, 1);
  for (size_t i = 0; i < bytes; ++i) codes[i] = static_cast<uint8_t>(random());
  if (quantization == Quantization::kSq8) {
    for (size_t i = 0; i < bytes; ++i) codes[i] = static_cast<uint8_t>(random() % 255 - 127);
  } else if (quantization == Quantization::kF16 && query) {
    for (size_t i = 0; i < bytes / 4; ++i)
      reinterpret_cast<float*>(codes.get())[i] = within(random);
  } else if (quantization == Quantization::kF16) {
    for (size_t i = 0; i < bytes / 2; ++i) {
      reinterpret_cast<_Float16*>(codes.get())[i] = static_cast<_Float16>(within(random));
    }
  }
  return codes;
}

double InDouble(Quantization quantization, const uint8_t* query, const uint8_t* row,
                size_t stride) {
  double sum = 0;
  switch (quantization) {
    case Quantization::kF16:
      for (size_t i = 0; i < stride / 2; ++i) {
        sum += static_cast<double>(reinterpret_cast<const float*>(query)[i]) *
               static_cast<float>(reinterpret_cast<const _Float16*>(row)[i]);
      }
      return sum;
    case Quantization::kBinary:
      for (size_t i = 0; i < stride; ++i) {
        sum += std::popcount(static_cast<uint8_t>(query[i] ^ row[i]));
      }
      return sum;
    default:
      for (size_t i = 0; i < stride; ++i) {
        sum += static_cast<double>(static_cast<int8_t>(query[i])) * static_cast<int8_t>(row[i]);
      }
      return sum;
  }
}

TEST_P(EveryCodeKernel, GivesTheSum) {
  std::mt19937 random(1);
  constexpr size_t kRows = 4;
  const bool half = quantization() == Quantization::kF16;
  for (size_t dimension : {1, 64, 65, 128, 192, 384, 1000, 8192}) {
    const size_t stride = CodeStride(quantization(), dimension);
    for (int turn = 0; turn < 20; ++turn) {
      const auto query = RandomCodes(quantization(), half ? 2 * stride : stride, true, random);
      const auto rows = RandomCodes(quantization(), kRows * stride, false, random);
      const void* pointers[kRows];
      for (size_t r = 0; r < kRows; ++r) pointers[r] = rows.get() + r * stride;
      float together[kRows];
      kernel_.four(query.get(), pointers, stride, together);
      for (size_t r = 0; r < kRows; ++r) {
        const double sum = InDouble(quantization(), query.get(), rows.get() + r * stride, stride);
        if (half) {
          EXPECT_NEAR(together[r], sum, 1e-5 * std::sqrt(static_cast<double>(dimension)) + 1e-5);
        } else {
          EXPECT_EQ(together[r], static_cast<float>(sum)) << dimension;
        }
        EXPECT_EQ(kernel_.one(query.get(), pointers[r], stride), together[r]) << dimension;
      }
    }
  }
}

std::vector<CodeLevel> LevelsOfThisProcessor(Quantization quantization) {
  std::vector<CodeLevel> levels;
  for (CodeLevel level : {CodeLevel::kPortable, CodeLevel::kAvx2, CodeLevel::kAvx512}) {
    if (CodeKernelOf(quantization, level) != nullptr) levels.push_back(level);
  }
  return levels;
}

constexpr Quantization kQuantized[] = {Quantization::kSq8, Quantization::kF16,
                                       Quantization::kBinary};

std::vector<Case> AllOfThisProcessor() {
  std::vector<Case> cases;
  for (Quantization quantization : kQuantized) {
    for (CodeLevel level : LevelsOfThisProcessor(quantization)) {
      cases.emplace_back(quantization, level);
    }
  }
  return cases;
}

std::string NameOfCase(const testing::TestParamInfo<Case>& each) {
  const auto& [quantization, level] = each.param;
  return std::string(QuantizationName(quantization)) + "_" +
         std::string(CodeKernelOf(quantization, level)->name);
}

INSTANTIATE_TEST_SUITE_P(Levels, EveryCodeKernel, testing::ValuesIn(AllOfThisProcessor()),
                         NameOfCase);

// The largest codes there are, of every sign, in the largest dimension: nothing saturates.
TEST(ByteKernels, HoldTheLargestSums) {
  constexpr size_t kStride = CodeStride(Quantization::kSq8, kMaxDimension);
  for (CodeLevel level : LevelsOfThisProcessor(Quantization::kSq8)) {
    const CodeKernel& kernel = *CodeKernelOf(Quantization::kSq8, level);
    for (int q : {-127, 127}) {
      for (int r : {-127, 127}) {
        const std::vector<int8_t> query(kStride, static_cast<int8_t>(q));
        const std::vector<int8_t> row(kStride, static_cast<int8_t>(r));
        EXPECT_EQ(kernel.one(query.data(), row.data(), kStride),
                  static_cast<float>(q * r * int32_t{kStride}));
      }
    }
  }
}

TEST(CodeKernels, TheBestOfTheProcessorIsChosen) {
  for (Quantization quantization : kQuantized) {
    EXPECT_EQ(&BestCodeKernel(quantization),
              CodeKernelOf(quantization, LevelsOfThisProcessor(quantization).back()));
  }
}

}  // namespace
}  // namespace semblance::index
