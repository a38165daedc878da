// What a step does with a batch: two networks or one, the same masks twice, chunks, shorter widths.
#include "engine/training/learner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "engine/training/learner_module.h"
#include "engine/training/random.h"

namespace semblance::training {
namespace {

using Ids = std::vector<int32_t>;

class LearnerTest : public testing::Test {
 protected:
  LearnerTest() {
    shape_.layers = 2;
    shape_.hidden = 16;
    shape_.heads = 2;
    shape_.intermediate = 32;
    shape_.vocabulary = 60;
    shape_.positions = 12;
    weights_ = InitialWeights(shape_, 3);
    // The usual start of 0.02 gives vectors that are nearly the same; these differ.
    Random random(9, 9);
    for (auto& [name, tensor] : weights_) {
      if (tensor.shape.size() == 2) {
        for (float& value : tensor.values) value = static_cast<float>(0.2 * random.Normal());
      }
    }
    options_.threads = 1;
    options_.clip = 0;
    for (int32_t row = 0; row < 10; ++row) {
      for (int column = 0; column < 3; ++column) {
        Ids ids = {2};
        for (int i = 0; i < 3 + (row * 7 + column) % 5; ++i) {
          ids.push_back(5 + static_cast<int32_t>(random.Below(55)));
        }
        ids.push_back(3);
        texts_.push_back(ids);
      }
    }
  }

  ContrastiveRows Batch(int columns) const {
    ContrastiveRows rows;
    for (size_t row = 0; row < 10; ++row) {
      rows.anchors.push_back(texts_[row * 3]);
      rows.positives.push_back(texts_[row * 3 + (columns > 1 ? 1 : 0)]);
      if (columns > 2) rows.negatives.push_back(texts_[row * 3 + 2]);
    }
    return rows;
  }
  std::unique_ptr<Learner> Make() const {
    return LoadLearnerModule().create(shape_, weights_, options_);
  }
  double Loss(int columns) const { return Make()->ContrastiveStep(Batch(columns), 0.001); }

  using Gradients = std::map<std::string, std::vector<float>>;
  Gradients GradientsOf(int columns, bool at_once) const {
    return LoadLearnerModule().gradients(shape_, weights_, options_, Batch(columns), at_once);
  }
  // The largest difference beside the largest gradient.
  static double Difference(const Gradients& a, const Gradients& b) {
    EXPECT_EQ(a.size(), b.size());
    double difference = 0, largest = 0;
    for (const auto& [name, values] : a) {
      const std::vector<float>& others = b.at(name);
      for (size_t i = 0; i < values.size(); ++i) {
        difference = std::max<double>(difference, std::abs(values[i] - others[i]));
        largest = std::max<double>(largest, std::abs(values[i]));
      }
    }
    EXPECT_GT(largest, 0.01);
    return difference / largest;
  }

  NetworkShape shape_;
  Weights weights_;
  Options options_;
  std::vector<Ids> texts_;
};

TEST_F(LearnerTest, GradientCachingGivesTheGradientsOfTheWholeBatch) {
  for (const int columns : {1, 2, 3}) {
    options_.dims = {4, 8};
    options_.dropout = 0;
    options_.chunk = 0;
    const Gradients whole = GradientsOf(columns, true);
    options_.chunk = 3;
    EXPECT_LT(Difference(GradientsOf(columns, false), whole), 1e-5) << columns;
    // With dropout a chunk's masks are drawn again when it is computed again.
    options_.dropout = 0.3;
    const Gradients chunks = GradientsOf(columns, true);
    EXPECT_LT(Difference(GradientsOf(columns, false), chunks), 1e-5) << columns;
    EXPECT_GT(Difference(whole, chunks), 0.01) << "dropout makes a difference";
  }
}

TEST_F(LearnerTest, ADualEncoderInChunksHasTheSameGradientsToo) {
  options_.dual_encoder = true;
  options_.chunk = 4;
  EXPECT_LT(Difference(GradientsOf(2, false), GradientsOf(2, true)), 1e-5);
}

TEST_F(LearnerTest, MasksGoOnBehindTheChunksAsIfTheyHadBeenComputedOnce) {
  options_.chunk = 3;
  const auto learner = Make();
  learner->ContrastiveStep(Batch(1), 0);
  const uint64_t in_chunks = learner->Save().dropout;
  options_.chunk = 0;
  const auto whole = Make();
  whole->ContrastiveStep(Batch(1), 0);
  // Each tensor's masks are drawn four at a time, so chunks draw a few more.
  EXPECT_NEAR(static_cast<double>(in_chunks), static_cast<double>(whole->Save().dropout),
              0.1 * static_cast<double>(whole->Save().dropout));
}

// Equal vectors on both sides: the loss is that of batches whose positives coincide.
TEST_F(LearnerTest, AFixedMaskMakesBothViewsTheSameVector) {
  options_.dropout = 0.5;
  options_.temperature = 0.001;
  EXPECT_GT(Loss(1), 1) << "with masks of their own a view is seldom nearest to its twin";
  options_.fixed_mask = true;
  EXPECT_LT(Loss(1), 1e-3);
}

TEST_F(LearnerTest, WithoutDropoutBothViewsAreTheSameVector) {
  options_.temperature = 0.001;
  options_.dropout = 0;
  EXPECT_LT(Loss(1), 1e-3);
}

TEST_F(LearnerTest, ADualEncoderTrainsANetworkOfItsOwnForTheSecondSide) {
  options_.dual_encoder = true;
  options_.dropout = 0;
  const auto learner = Make();
  const std::string name = "encoder.layer.0.output.dense.weight";
  EXPECT_EQ(learner->Save().weights.at(name).values,
            learner->Save().weights.at("other." + name).values);
  learner->ContrastiveStep(Batch(2), 0.001);
  const LearnerState state = learner->Save();
  EXPECT_NE(state.weights.at(name).values, weights_.at(name).values);
  EXPECT_NE(state.weights.at("other." + name).values, weights_.at(name).values);
  EXPECT_NE(state.weights.at(name).values, state.weights.at("other." + name).values);
  EXPECT_EQ(learner->Snapshot().count("other." + name), 0u) << "only the first is kept";
}

TEST_F(LearnerTest, TheLossIsSummedOverTheWidths) {
  options_.dropout = 0;
  const double whole = Loss(2);
  const auto vectors = [&](const std::vector<TokenIds>& texts) {
    return Make()->Embed(texts, false);
  };
  const std::vector<float> a = vectors(Batch(2).anchors), b = vectors(Batch(2).positives);
  const auto beginning = [&](const std::vector<float>& side, size_t width) {
    std::vector<float> out;
    for (size_t row = 0; row < 10; ++row) {
      out.insert(out.end(), side.begin() + static_cast<std::ptrdiff_t>(row * 16),
                 side.begin() + static_cast<std::ptrdiff_t>(row * 16 + width));
    }
    return out;
  };
  double expected = 0;
  for (const size_t width : {4, 8, 16}) {
    const std::vector<float> left = beginning(a, width), right = beginning(b, width);
    LossExample example;
    example.rows = 10;
    example.dimension = static_cast<int64_t>(width);
    example.anchors = left;
    example.positives = right;
    const double loss = LoadLearnerModule().contrastive_loss(example).loss;
    if (width == 16) EXPECT_NEAR(whole, loss, 1e-4);
    expected += loss;
  }
  options_.dims = {4, 8};
  EXPECT_NEAR(Loss(2), expected, 1e-3);
}

TEST_F(LearnerTest, PredictGivesAnIdForEachTarget) {
  const auto learner = Make();
  MaskedSentences masked;
  masked.sentences = {{2, 4, 20, 3}, {2, 30, 4, 4, 3}};
  masked.sentence = {0, 1, 1};
  masked.position = {1, 2, 3};
  masked.original = {10, 11, 12};
  const std::vector<int32_t> before = learner->Predict(masked);
  ASSERT_EQ(before.size(), 3u);
  for (int i = 0; i < 200; ++i) learner->MaskedStep(masked, 0.01);
  EXPECT_EQ(learner->Predict(masked), (std::vector<int32_t>{10, 11, 12}));
}

}  // namespace
}  // namespace semblance::training
