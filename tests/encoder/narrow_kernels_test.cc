// Every set of narrow kernels that this processor has against plain double arithmetic.
#include "engine/encoder/narrow_kernels.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "engine/encoder/half.h"
#include "engine/encoder/narrow_dense.h"
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

// What a product sees of its rows and of its weights.
std::vector<double> Seen(const NarrowKernels& kernels, const std::vector<float>& rows, size_t width,
                         bool weights) {
  std::vector<double> seen(rows.size());
  for (size_t begin = 0; begin < rows.size(); begin += width) {
    float least = rows[begin], most = least, largest = 0;
    for (size_t i = 0; i < width; ++i) {
      least = std::min(least, rows[begin + i]);
      most = std::max(most, rows[begin + i]);
      largest = std::max(largest, std::abs(rows[begin + i]));
    }
    for (size_t i = begin; i < begin + width; ++i) {
      if (kernels.form == WordForm::kBfloat16) {
        seen[i] = Bfloat16ToFloat(FloatToBfloat16(rows[i]));
      } else if (weights) {
        const float scale = largest / 127.0f;
        seen[i] = static_cast<double>(scale) * std::nearbyint(rows[i] / scale);
      } else {
        const float factor = most > least ? 255.0f / (most - least) : 0.0f;
        seen[i] = least + static_cast<double>((most - least) / 255.0f) *
                              std::nearbyint((rows[i] - least) * factor);
      }
    }
  }
  return seen;
}

struct Shape {
  size_t rows, inputs, outputs;
};

class NarrowKernelsTest : public testing::TestWithParam<const NarrowKernels*> {
 protected:
  void SetUp() override {
    if (IfSupported(*GetParam()) == nullptr) {
      GTEST_SKIP() << "this processor lacks the instructions of " << GetParam()->name;
    }
  }

  std::vector<float> Product(const Shape& shape, const std::vector<float>& rows,
                             const std::vector<float>& weight, const std::vector<float>& bias,
                             std::vector<float> out, bool add) {
    const NarrowKernels& kernels = *GetParam();
    const NarrowDense dense(kernels, {.inputs = shape.inputs, .outputs = shape.outputs, .add = add},
                            weight, bias);
    // As others left it.
    std::vector<uint32_t> words(shape.rows * NarrowDense::Words(kernels, shape.inputs), 0x7fc07fc0);
    std::vector<RowScale> scales(shape.rows);
    const NarrowRows narrow{words.data(), scales.data()};
    std::vector<float> copy = rows;
    RunTeam(2, [&](int member, Team& team) {
      dense.Prepare(copy.data(), ShareOf(shape.rows, member, team), narrow);
      team.Wait();
      dense.Run(copy.data(), narrow, out.data(), shape.rows, member, team, nullptr);
    });
    EXPECT_EQ(copy, rows);
    return out;
  }
};

TEST_P(NarrowKernelsTest, AProductIsThatOfTheRoundedNumbers) {
  for (const Shape& shape : {Shape{1, 1, 1}, Shape{3, 5, 2}, Shape{6, 64, 64}, Shape{13, 33, 65},
                             Shape{32, 384, 130}, Shape{5, 1536, 48}}) {
    std::vector<float> rows = Random(shape.rows * shape.inputs, 1.0f, shape.rows);
    for (float& x : rows) x += 0.5f;
    const std::vector<float> weight = Random(shape.outputs * shape.inputs, 0.1f, 2);
    const std::vector<float> bias = Random(shape.outputs, 1.0f, 3);
    const std::vector<float> before = Random(shape.rows * shape.outputs, 1.0f, 4);
    const std::vector<double> a = Seen(*GetParam(), rows, shape.inputs, false);
    const std::vector<double> b = Seen(*GetParam(), weight, shape.inputs, true);
    for (const bool add : {false, true}) {
      const std::vector<float> got = Product(shape, rows, weight, bias, before, add);
      for (size_t r = 0; r < shape.rows; ++r) {
        for (size_t c = 0; c < shape.outputs; ++c) {
          double sum = bias[c] + (add ? before[r * shape.outputs + c] : 0.0);
          for (size_t i = 0; i < shape.inputs; ++i) {
            sum += a[r * shape.inputs + i] * b[c * shape.inputs + i];
          }
          // A number halfway between two codes may become either.
          ASSERT_NEAR(got[r * shape.outputs + c], sum, 5e-3) << shape.inputs << ", row " << r;
        }
      }
    }
  }
}

TEST_P(NarrowKernelsTest, ARowOfEqualNumbersIsExact) {
  if (GetParam()->form == WordForm::kBfloat16) return;  // of int8
  const std::vector<float> rows(20, -0.37f), weight(20 * 3, 0.25f);
  const std::vector<float> got =
      Product({1, 20, 3}, rows, weight, {1, 2, 3}, std::vector<float>(3), false);
  for (size_t i = 0; i < 3; ++i) EXPECT_NEAR(got[i], -0.37 * 5 + static_cast<double>(i) + 1, 1e-5);
}

TEST_P(NarrowKernelsTest, SumsOfTheLargestCodesAreExact) {
  if (GetParam()->form == WordForm::kBfloat16) return;  // of int8
  // 1535 products of 255 and 127, and one code 0: beyond 16 bits in every pair.
  std::vector<float> rows(1536, 255.0f), weight(1536, 127.0f);
  rows[7] = 0.0f;
  const std::vector<float> got = Product({1, 1536, 1}, rows, weight, {0}, {0}, false);
  EXPECT_EQ(got[0], 1535.0f * 255.0f * 127.0f);
}

TEST_P(NarrowKernelsTest, ActivationsAreWithinAMillionth) {
  for (const size_t count : {1, 15, 16, 33, 4001}) {
    for (const Activation activation :
         {Activation::kGelu, Activation::kGeluTanh, Activation::kRelu}) {
      std::vector<float> x(count);
      for (size_t i = 0; i < count; ++i) x[i] = static_cast<float>(i) * 0.006f - 12.0f;
      std::vector<float> got = x;
      GetParam()->activate(activation, got.data(), count);
      for (size_t i = 0; i < count; ++i) {
        const double v = x[i];
        double wanted = std::max(v, 0.0);
        if (activation == Activation::kGelu) wanted = v * 0.5 * std::erfc(-v / std::sqrt(2.0));
        if (activation == Activation::kGeluTanh) {
          wanted = v * 0.5 * (1 + std::tanh(std::sqrt(2 / M_PI) * (v + 0.044715 * v * v * v)));
        }
        ASSERT_NEAR(got[i], wanted, 1e-6) << v;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, NarrowKernelsTest,
                         testing::Values(&kPortableInt8, &kAvx2Int8, &kAvx512Int8, &kAvx512Bf16),
                         [](const auto& set) {
                           std::string name;
                           for (const char c : set.param->name) {
                             if (c != ' ') name += c;
                           }
                           return name;
                         });

}  // namespace
}  // namespace semblance::encoder
