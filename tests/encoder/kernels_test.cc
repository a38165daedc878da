// Every set of kernels that this processor has against plain double arithmetic.
#include "engine/encoder/kernels.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <random>

#include "engine/encoder/half.h"
#include "tests/encoder/fixtures.h"

namespace semblance::encoder {
namespace {

std::vector<float> Random(size_t count, float spread, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::normal_distribution<float> normal(0.0f, spread);
  std::vector<float> values(count);
  for (float& value : values) value = normal(random);
  return values;
}

// As kernels.h describes it.
std::vector<float> PlainAttention(const AttentionShape& shape, const std::vector<float>& qkv) {
  const size_t hidden = shape.heads * shape.head_size, stride = 3 * hidden;
  std::vector<float> context(shape.tokens * hidden);
  for (size_t head = 0; head < shape.heads; ++head) {
    const float* base = qkv.data() + head * shape.head_size;
    for (size_t i = 0; i < shape.tokens; ++i) {
      std::vector<double> scores(shape.tokens);
      double largest = -1e300;
      for (size_t t = 0; t < shape.tokens; ++t) {
        for (size_t j = 0; j < shape.head_size; ++j) {
          scores[t] += static_cast<double>(base[i * stride + j]) * base[hidden + t * stride + j];
        }
        if (shape.distance_bias != nullptr) {
          scores[t] += shape.distance_bias[head * (2 * shape.reach + 1) + shape.reach + t - i];
        }
        largest = std::max(largest, scores[t]);
      }
      double sum = 0;
      for (double& score : scores) sum += score = std::exp(score - largest);
      for (size_t j = 0; j < shape.head_size; ++j) {
        double value = 0;
        for (size_t t = 0; t < shape.tokens; ++t) {
          value += scores[t] / sum * base[2 * hidden + t * stride + j];
        }
        context[i * hidden + head * shape.head_size + j] = static_cast<float>(value);
      }
    }
  }
  return context;
}

class KernelsTest : public testing::TestWithParam<const KernelSet*> {
 protected:
  // Null where the processor lacks them; then there is nothing to hold to anything.
  const KernelSet* kernels_ = IfSupported(*GetParam());
};

TEST_P(KernelsTest, AttentionIsTheWeightedMeanOfValues) {
  if (kernels_ == nullptr) return;
  for (const AttentionShape& shape :
       {AttentionShape{1, 1, 1}, AttentionShape{2, 3, 5}, AttentionShape{7, 4, 8},
        AttentionShape{16, 2, 16}, AttentionShape{17, 12, 32}, AttentionShape{33, 3, 64},
        AttentionShape{64, 1, 80}, AttentionShape{130, 2, 33}}) {
    const size_t hidden = shape.heads * shape.head_size;
    const std::vector<float> qkv = Random(shape.tokens * 3 * hidden, 1.0f, shape.tokens);
    // Scratch memory as it is left by others.
    std::vector<float> scratch(kernels_->attention_scratch(shape), std::nanf(""));
    std::vector<float> context(shape.tokens * hidden, std::nanf(""));
    kernels_->attention(shape, qkv.data(), context.data(), scratch.data());
    EXPECT_LT(LargestDifference(context, PlainAttention(shape, qkv)), 2e-5f)
        << shape.tokens << " tokens, head size " << shape.head_size;
  }
}

TEST_P(KernelsTest, AttentionAddsTheNumberOfEachDistance) {
  if (kernels_ == nullptr) return;
  const std::vector<float> bias = Random(3 * 81, 2.0f, 5);
  for (const size_t tokens : {1, 15, 33, 41}) {
    const AttentionShape shape{tokens, 3, 8, bias.data(), 40};
    const std::vector<float> qkv = Random(tokens * 3 * 24, 1.0f, tokens);
    std::vector<float> scratch(kernels_->attention_scratch(shape), std::nanf(""));
    std::vector<float> context(tokens * 24, std::nanf(""));
    kernels_->attention(shape, qkv.data(), context.data(), scratch.data());
    EXPECT_LT(LargestDifference(context, PlainAttention(shape, qkv)), 2e-5f) << tokens;
  }
}

TEST_P(KernelsTest, AttentionComputesTheHeadsThatItIsAskedFor) {
  if (kernels_ == nullptr) return;
  AttentionShape shape{5, 4, 3};
  const std::vector<float> qkv = Random(5 * 36, 1.0f, 8);
  std::vector<float> scratch(kernels_->attention_scratch(shape)), context(5 * 12, 7.0f);
  std::vector<float> expected = PlainAttention(shape, qkv);
  for (size_t i = 0; i < expected.size(); ++i) {
    if (i % 12 < 3 || i % 12 >= 9) expected[i] = 7.0f;
  }
  shape.first_head = 1;
  shape.end_head = 3;
  kernels_->attention(shape, qkv.data(), context.data(), scratch.data());
  EXPECT_LT(LargestDifference(context, expected), 2e-5f);
}

TEST_P(KernelsTest, AttentionStandsScoresFarApartAndFarFromZero) {
  if (kernels_ == nullptr) return;
  const AttentionShape shape{9, 1, 4};
  for (const float spread : {30.0f, 1e-20f, 0.0f}) {
    const std::vector<float> qkv = Random(9 * 12, spread, 3);
    std::vector<float> scratch(kernels_->attention_scratch(shape)), context(9 * 4);
    kernels_->attention(shape, qkv.data(), context.data(), scratch.data());
    const std::vector<float> expected = PlainAttention(shape, qkv);
    for (size_t i = 0; i < context.size(); ++i) {
      EXPECT_NEAR(context[i], expected[i], 1e-3f * (spread + 1e-3f)) << spread;
    }
  }
}

TEST_P(KernelsTest, LayerNormCentresAndScalesEachRow) {
  if (kernels_ == nullptr) return;
  for (const size_t width : {1, 3, 8, 31, 256, 385}) {
    const size_t rows = 5;
    std::vector<float> x = Random(rows * width, 3.0f, width);
    const std::vector<float> gain = Random(width, 1.0f, 1), bias = Random(width, 1.0f, 2);
    std::vector<float> expected(x.size());
    for (size_t r = 0; r < rows; ++r) {
      double mean = 0, variance = 0;
      for (size_t i = 0; i < width; ++i) mean += x[r * width + i];
      mean /= static_cast<double>(width);
      for (size_t i = 0; i < width; ++i) variance += std::pow(x[r * width + i] - mean, 2);
      variance /= static_cast<double>(width);
      for (size_t i = 0; i < width; ++i) {
        const double normal = (x[r * width + i] - mean) / std::sqrt(variance + 1e-5);
        expected[r * width + i] = static_cast<float>(normal * gain[i] + bias[i]);
      }
    }
    kernels_->layer_norm(x.data(), rows, width, gain.data(), bias.data(), 1e-5f);
    EXPECT_LT(LargestDifference(x, expected), 2e-5f) << width;
  }
}

TEST_P(KernelsTest, AddScaledAddsEachElement) {
  if (kernels_ == nullptr) return;
  for (const size_t count : {0, 1, 15, 16, 100}) {
    const std::vector<float> values = Random(count, 1.0f, 4);
    std::vector<float> sum = Random(count, 1.0f, 5), expected = sum;
    for (size_t i = 0; i < count; ++i) expected[i] += values[i] * 0.3f;
    kernels_->add_scaled(values.data(), 0.3f, count, sum.data());
    EXPECT_LE(LargestDifference(sum, expected), 1e-6f);
  }
}

TEST_P(KernelsTest, WideningAgreesWithEveryHalfAndBfloat16) {
  if (kernels_ == nullptr) return;
  std::vector<uint16_t> all(65536 - 3);  // no multiple of a vector's width
  for (size_t i = 0; i < all.size(); ++i) all[i] = static_cast<uint16_t>(i);
  std::vector<float> half(all.size()), bfloat(all.size());
  kernels_->widen_half(all.data(), all.size(), half.data());
  kernels_->widen_bfloat16(all.data(), all.size(), bfloat.data());
  for (size_t i = 0; i < all.size(); ++i) {
    ASSERT_EQ(std::bit_cast<uint32_t>(half[i]), std::bit_cast<uint32_t>(HalfToFloat(all[i]))) << i;
    ASSERT_EQ(std::bit_cast<uint32_t>(bfloat[i]), std::bit_cast<uint32_t>(Bfloat16ToFloat(all[i])))
        << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Sets, KernelsTest,
                         testing::Values(&kPortableKernels, &kAvx2Kernels, &kAvx512Kernels),
                         [](const auto& set) { return std::string(set.param->name); });

TEST(KernelsChoiceTest, TheBestSetIsOneThatRunsHere) {
  EXPECT_NE(IfSupported(BestKernels()), nullptr);
  EXPECT_NE(IfSupported(kPortableKernels), nullptr);
}

}  // namespace
}  // namespace semblance::encoder
