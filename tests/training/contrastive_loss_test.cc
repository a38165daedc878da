// The loss and its gradients against those of SimCSE's reference code.
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "engine/training/learner_module.h"

namespace semblance::training {
namespace {

using nlohmann::json;

// Column `which` (anchor, positive, negative) of [batch][num_sent][dim].
std::vector<float> Column(const json& rows, size_t which) {
  std::vector<float> out;
  for (const json& row : rows) {
    if (which >= row.size()) return {};
    for (const json& value : row[which]) out.push_back(value.get<float>());
  }
  return out;
}

void ExpectNear(const std::vector<float>& actual, const std::vector<float>& expected,
                double absolute, double relative, const std::string& what) {
  ASSERT_EQ(actual.size(), expected.size()) << what;
  for (size_t i = 0; i < actual.size(); ++i) {
    EXPECT_NEAR(actual[i], expected[i], absolute + relative * std::abs(expected[i]))
        << what << " " << i;
  }
}

void Check(const json& test) {
  const std::string name = test["name"];
  const std::vector<float> anchors = Column(test["embeddings"], 0),
                           positives = Column(test["embeddings"], 1),
                           negatives = Column(test["embeddings"], 2);
  LossExample example;
  example.rows = test["batch"];
  example.dimension = test["dim"];
  example.anchors = anchors;
  example.positives = positives;
  example.negatives = negatives;
  example.temperature = test["temperature"];
  example.hard_negative_weight = test["hard_negative_weight"];
  const LossResult result = LoadLearnerModule().contrastive_loss(example);
  const double expected = test["loss_float64"];
  EXPECT_NEAR(result.loss, expected, 1e-6 + 1e-5 * std::abs(expected)) << name;
  std::vector<float> logits;
  for (const json& row : test["logits_float64"]) {
    for (const json& value : row) logits.push_back(value.get<float>());
  }
  ExpectNear(result.logits, logits, 1e-5, 1e-5, name + " logits");
  ExpectNear(result.anchor_gradients, Column(test["grad_float64"], 0), 2e-6, 1e-4,
             name + " anchors");
  ExpectNear(result.positive_gradients, Column(test["grad_float64"], 1), 2e-6, 1e-4,
             name + " positives");
  ExpectNear(result.negative_gradients, Column(test["grad_float64"], 2), 2e-6, 1e-4,
             name + " negatives");
}

TEST(ContrastiveLoss, MatchesTheReferenceInValueLogitsAndGradients) {
  std::ifstream in(std::string(SEMBLANCE_SOURCE_DIR) + "/tests/training/data/contrastive.json");
  const json golden = json::parse(in);
  ASSERT_EQ(golden["cases"].size(), 10u);
  for (const json& test : golden["cases"]) Check(test);
}

TEST(ContrastiveLoss, SymmetricLossIsTheSameWhenTheSidesChangePlaces) {
  const std::vector<float> a = {1, 0, 0.2f, 0.1f, 1, 0}, b = {0.9f, 0.1f, 0, 0.3f, 0.8f, 0.5f};
  LossExample example;
  example.rows = 2;
  example.dimension = 3;
  example.symmetric = true;
  example.temperature = 0.5;
  example.anchors = a;
  example.positives = b;
  const double forward = LoadLearnerModule().contrastive_loss(example).loss;
  std::swap(example.anchors, example.positives);
  EXPECT_NEAR(LoadLearnerModule().contrastive_loss(example).loss, forward, 1e-6);
  example.symmetric = false;
  EXPECT_GT(std::abs(LoadLearnerModule().contrastive_loss(example).loss - forward), 1e-4);
}

}  // namespace
}  // namespace semblance::training
