// The trainer's network and the one that serves (oneDNN, without LibTorch) give the same vectors.
#include <gtest/gtest.h>

#include <cmath>

#include "engine/encoder/encoder.h"
#include "engine/training/learner_module.h"
#include "engine/training/measures.h"
#include "engine/training/model_files.h"
#include "tests/training/fixtures.h"

namespace semblance::training {
namespace {

void ExpectAgreement(const encoder::ModelPackage& model, const std::string& what) {
  std::vector<std::string> texts = Sentences(40);
  texts.push_back("");
  texts.push_back(
      "Zwölf \xf0\x9f\x98\x80 unknown words, and a sentence that is far too long to fit, again and "
      "again and again and again and again and again");
  const auto serving = encoder::Encoder::Load(model);
  int64_t max_length = 0;
  const NetworkShape shape = ReadShape(model, &max_length);
  Options options;
  options.threads = 1;
  const auto learner = LoadLearnerModule().create(shape, ReadWeights(model), options);
  std::vector<std::vector<int32_t>> ids;
  for (const std::string& text : texts) {
    ids.push_back(serving->tokenizer().Encode(text, static_cast<uint32_t>(max_length)));
  }
  const std::vector<std::string_view> views(texts.begin(), texts.end());
  const std::vector<float> served = serving->Encode(views);
  const std::vector<float> learned = learner->Embed({ids.begin(), ids.end()}, false);
  ASSERT_EQ(served.size(), learned.size());
  const size_t dimension = serving->dimension();
  for (size_t i = 0; i < texts.size(); ++i) {
    EXPECT_GT(Cosine(&served[i * dimension], &learned[i * dimension], dimension), 0.99999)
        << what << ": " << texts[i];
  }
}

TEST(ServingAgreement, HoldsForEveryDepthAndPooler) {
  for (const char* pooler : {"cls", "cls_before_pooler", "avg", "avg_top2", "avg_first_last"}) {
    const Trained trained =
        Train(Rows(120, 1), TinyOptions(R"("layers":3,"max_steps":12,"lr":0.003,"pooler":")" +
                                        std::string(pooler) + "\""));
    ExpectAgreement(trained.model, pooler);
  }
  ExpectAgreement(Train(Rows(120, 1), TinyOptions(R"("layers":0,"max_steps":12,"lr":0.003)")).model,
                  "bag of tokens");
}

TEST(ServingAgreement, HoldsForHalfPrecisionWeights) {
  ExpectAgreement(
      Train(Rows(120, 1), TinyOptions(R"("max_steps":12,"lr":0.003,"save_dtype":"f16")")).model,
      "f16");
}

TEST(ServingAgreement, HoldsForTheDefaultModel) {
  ExpectAgreement(encoder::ModelPackage::Default(), "default");
}

}  // namespace
}  // namespace semblance::training
