#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <numeric>

#include "engine/encoder/encoder.h"
#include "engine/encoder/model_package.h"
#include "tests/encoder/fixtures.h"

namespace semblance::encoder {
namespace {

const std::string kFolder = std::string(SEMBLANCE_SOURCE_DIR) + "/engine/encoder/default_model";

bool IsInTree() { return std::filesystem::exists(kFolder + "/model.safetensors"); }

TEST(DefaultModelTest, TheBinaryHoldsTheFilesOfTheTree) {
  if (!IsInTree()) {
    EXPECT_EQ(KindOf([] { ModelPackage::Default(); }), ErrorKind::kMissing);
    return;
  }
  const ModelPackage tree = ModelPackage::FromDirectory(kFolder);
  EXPECT_EQ(ModelPackage::Default().files(), tree.files());
}

TEST(DefaultModelTest, ItsBytesAreNotCopied) {
  if (!IsInTree()) return;
  EXPECT_EQ(&ModelPackage::Default(), &ModelPackage::Default());
  const ModelPackage copy = ModelPackage::Default();
  EXPECT_EQ(copy.File("model.safetensors").data(),
            ModelPackage::Default().File("model.safetensors").data());
}

TEST(DefaultModelTest, ParaphrasesAreNearerThanUnrelatedSentences) {
  if (!IsInTree()) return;
  const std::vector<std::string_view> texts = {
      "A man is playing a guitar.",       "Someone plays the guitar.",
      "The train was late this morning.", "This morning's train did not arrive on time.",
      "She bakes bread in the oven.",     "A woman is baking bread.",
      "Two dogs run across the grass.",   "A pair of dogs is running over the lawn."};
  const auto encoder = Encoder::Load(ModelPackage::Default());
  const std::vector<float> vectors = encoder->Encode(texts);
  const size_t dimension = encoder->dimension();
  const auto similarity = [&](size_t a, size_t b) {
    return std::inner_product(vectors.data() + a * dimension, vectors.data() + (a + 1) * dimension,
                              vectors.data() + b * dimension, 0.0);
  };
  for (size_t pair = 0; pair < texts.size(); pair += 2) {
    for (size_t other = 0; other < texts.size(); ++other) {
      if (other / 2 == pair / 2) continue;
      EXPECT_GT(similarity(pair, pair + 1), similarity(pair, other))
          << texts[pair] << " / " << texts[other];
    }
  }
}

}  // namespace
}  // namespace semblance::encoder
