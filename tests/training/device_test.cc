// Where a network is computed. What a GPU would be given is held against the processor's own loops,
// on the processor.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "engine/training/learner_module.h"
#include "engine/training/random.h"
#include "tests/training/fixtures.h"

namespace semblance::training {
namespace {

using testing::HasSubstr;

class DeviceTest : public testing::Test {
 protected:
  DeviceTest() {
    shape_.layers = 2;
    shape_.hidden = 16;
    shape_.heads = 2;
    shape_.intermediate = 32;
    shape_.vocabulary = 60;
    shape_.positions = 12;
    shape_.pooler = "cls";
    weights_ = InitialWeights(shape_, 3);
    Random random(9, 9);
    for (auto& [name, tensor] : weights_) {
      if (tensor.shape.size() != 2) continue;
      for (float& value : tensor.values) value = static_cast<float>(0.2 * random.Normal());
    }
    options_.threads = 1;
    options_.weight_decay = 0.1;
    options_.clip = 0.5;
    options_.embedding_lr = 0.5;
    for (int row = 0; row < 20; ++row) {
      std::vector<int32_t> ids = {2};
      for (int i = 0; i < 3 + row % 5; ++i)
        ids.push_back(5 + static_cast<int32_t>(random.Below(55)));
      ids.push_back(3);
      texts_.push_back(ids);
    }
  }

  // The losses of some steps with dropout, and of steps of the masked-language model.
  std::vector<double> Losses(Learner* learner) const {
    ContrastiveRows rows;
    rows.anchors.assign(texts_.begin(), texts_.begin() + 10);
    rows.positives.assign(texts_.begin() + 10, texts_.end());
    MaskedSentences masked{{texts_[0], texts_[1]}, {0, 1}, {1, 2}, {7, 8}};
    std::vector<double> losses;
    for (int step = 0; step < 4; ++step) {
      losses.push_back(learner->ContrastiveStep(rows, 0.01));
      losses.push_back(learner->MaskedStep(masked, 0.01));
    }
    return losses;
  }
  std::unique_ptr<Learner> Own() const {
    return LoadLearnerModule().create(shape_, weights_, options_);
  }
  std::unique_ptr<Learner> Portable(bool bfloat16 = false) const {
    return LoadLearnerModule().create_portable(shape_, weights_, options_, bfloat16);
  }
  std::vector<float> Vectors(Learner* learner, bool dropout) const {
    return learner->Embed({texts_.begin(), texts_.end()}, dropout);
  }

  NetworkShape shape_;
  Weights weights_;
  Options options_;
  std::vector<std::vector<int32_t>> texts_;
};

TEST_F(DeviceTest, LibTorchsOperationsDrawTheSameDropoutMasks) {
  const auto own = Own(), portable = Portable();
  const std::vector<float> a = Vectors(own.get(), true), b = Vectors(portable.get(), true);
  ASSERT_EQ(a.size(), b.size());
  for (size_t i = 0; i < a.size(); ++i) ASSERT_NEAR(a[i], b[i], 1e-5);
  EXPECT_EQ(own->Save().evaluation_dropout, portable->Save().evaluation_dropout);
}

TEST_F(DeviceTest, LibTorchsOperationsTakeTheSameSteps) {
  const auto own = Own(), portable = Portable();
  const std::vector<double> a = Losses(own.get()), b = Losses(portable.get());
  for (size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], 2e-4 * std::abs(a[i])) << i;
  EXPECT_LT(a[6], a[0]);
  const Weights ours = own->Snapshot(), theirs = portable->Snapshot();
  for (const auto& [name, tensor] : ours) {
    // Softmax does not see it: its gradient is what rounding leaves, and AdamW makes steps of that.
    if (name.ends_with("key.bias")) continue;
    const std::vector<float>& others = theirs.at(name).values;
    ASSERT_EQ(tensor.values.size(), others.size());
    double distance = 0, length = 0;
    for (size_t i = 0; i < others.size(); ++i) {
      distance += std::pow(tensor.values[i] - others[i], 2);
      length += std::pow(tensor.values[i], 2);
    }
    EXPECT_LE(std::sqrt(distance), 2e-3 * std::sqrt(length) + 2e-3) << name;
  }
}

TEST_F(DeviceTest, WhatIsSavedOfOneGoesOnInAnother) {
  const auto first = Portable();
  Losses(first.get());
  const LearnerState state = first->Save();
  const auto second = Portable();
  second->Restore(state);
  EXPECT_EQ(Losses(first.get()), Losses(second.get()));
  const auto own = Own();
  own->Restore(state);
  const std::vector<float> a = Vectors(own.get(), false), b = Vectors(Portable().get(), false);
  EXPECT_EQ(a.size(), b.size());
}

TEST_F(DeviceTest, ProductsInBfloat16ComeNear) {
  const auto own = Own(), narrow = Portable(true);
  const std::vector<double> a = Losses(own.get()), b = Losses(narrow.get());
  bool differs = false;
  for (size_t i = 0; i < a.size(); ++i) {
    EXPECT_NEAR(a[i], b[i], 0.15 * std::abs(a[i]) + 0.05) << i;
    differs = differs || std::abs(a[i] - b[i]) > 1e-6;
  }
  EXPECT_TRUE(differs);
}

TEST(Device, AutoAndCpuAreTheSameModelHere) {
  const auto rows = Rows(64, 2);
  const Trained by_itself = Train(rows, TinyOptions());
  const Trained asked = Train(rows, TinyOptions(R"("device":"cpu")"));
  EXPECT_THAT(by_itself.options, HasSubstr(R"("device":"auto")"));
  if (by_itself.model.Id() != asked.model.Id()) {
    EXPECT_NO_THROW(Train(rows, TinyOptions(R"("device":"cuda")"))) << "auto found a GPU";
  }
}

TEST(Device, AGpuThatIsNotThereIsAnErrorThatSaysWhatToWrite) {
  std::string message;
  try {
    Train(Rows(64, 2), TinyOptions(R"("device":"cuda:7")"));
  } catch (const encoder::Error& error) {
    EXPECT_EQ(error.kind(), encoder::ErrorKind::kOption);
    message = error.what();
  }
  if (message.empty()) GTEST_SKIP() << "there are eight GPUs";
  EXPECT_THAT(message, HasSubstr("training option \"device\" is \"cuda:7\", and"));
  EXPECT_THAT(message, HasSubstr("write \"device\":\"cpu\", or \"auto\""));
}

}  // namespace
}  // namespace semblance::training
