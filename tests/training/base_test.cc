// Going on from a model: more text, more layers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "engine/encoder/encoder.h"
#include "engine/encoder/whitening.h"
#include "engine/training/learner_module.h"
#include "engine/training/measures.h"
#include "engine/training/model_files.h"
#include "tests/training/fixtures.h"

namespace semblance::training {
namespace {

using testing::HasSubstr;

std::vector<float> Vectors(const encoder::ModelPackage& model,
                           const std::vector<std::string>& texts) {
  const auto tokenizer = encoder::Tokenizer::Load(model);
  int64_t max_length = 0;
  const NetworkShape shape = ReadShape(model, &max_length);
  std::vector<std::vector<int32_t>> ids;
  for (const std::string& text : texts) {
    ids.push_back(tokenizer->Encode(text, static_cast<uint32_t>(max_length)));
  }
  Options options;
  options.threads = 1;
  return LoadLearnerModule()
      .create(shape, ReadWeights(model), options)
      ->Embed({ids.begin(), ids.end()}, false);
}

TEST(Base, TrainingGoesOnWhereTheBaseStopped) {
  const encoder::ModelPackage base =
      Train(Rows(200, 2), TinyOptions(R"("epochs":4,"lr":0.003)")).model;
  const Trained more = Train(
      Rows(200, 2), R"({"batch":16,"epochs":1,"threads":1,"report_every":5,"lr":0.0003})", &base);
  const Trained anew = Train(Rows(200, 2), TinyOptions(R"("epochs":1,"report_every":5)"));
  EXPECT_LT(more.Phase("train").front().loss, 0.5 * anew.Phase("train").front().loss);
  EXPECT_EQ(more.model.File("tokenizer.model"), base.File("tokenizer.model"));
  EXPECT_THAT(more.options, HasSubstr(R"("hidden":32)"));
}

TEST(Base, AddedLayersBeginAsTheIdentity) {
  const std::vector<std::string> texts = Sentences(20);
  for (const int layers : {0, 1}) {
    const encoder::ModelPackage base =
        Train(Rows(200, 2),
              TinyOptions(R"("epochs":2,"lr":0.003,"layers":)" + std::to_string(layers)))
            .model;
    // A learning rate of nothing leaves the grown network as it was made.
    const encoder::ModelPackage grown =
        Train(Rows(20, 2),
              R"({"lr":0,"max_steps":1,"threads":1,"batch":8,"layers":)" +
                  std::to_string(layers + 2) + "}",
              &base)
            .model;
    const std::vector<float> before = Vectors(base, texts), after = Vectors(grown, texts);
    ASSERT_EQ(before.size(), after.size());
    for (size_t i = 0; i < texts.size(); ++i) {
      EXPECT_GT(Cosine(&before[i * 32], &after[i * 32], 32), 0.99999) << layers;
    }
  }
}

TEST(Base, ObjectiveNoneWithoutLayersIsTheMeanOfTheTokenEmbeddings) {
  const encoder::ModelPackage base =
      Train(Rows(40, 1), TinyOptions(R"("layers":2,"max_steps":2)")).model;
  const Trained bag = Train(Rows(40, 1), R"({"objective":"none","layers":0,"threads":1})", &base);
  EXPECT_EQ(bag.reports.back().phase, "done");
  EXPECT_TRUE(std::isfinite(bag.reports.back().uniformity));
  EXPECT_TRUE(bag.Phase("train").empty());
  int64_t max_length = 0;
  EXPECT_EQ(ReadShape(bag.model, &max_length).layers, 0);
  const Weights before = ReadWeights(base), after = ReadWeights(bag.model);
  const char* const words = "embeddings.word_embeddings.weight";
  EXPECT_EQ(after.at(words).values, before.at(words).values);
  const std::vector<float> vectors =
      Vectors(bag.model, {"the old baker sells fresh bread", "bread fresh sells baker old the"});
  EXPECT_GT(Cosine(&vectors[0], &vectors[32], 32), 0.99999) << "without positions";
}

TEST(Base, DimsAreSaidInTheModelAndAWhitenedBaseIsRefused) {
  encoder::ModelPackage base =
      Train(Rows(40, 1), TinyOptions(R"("max_steps":2,"dims":[8,16])")).model;
  EXPECT_EQ(encoder::Encoder::Load(base)->dims(), (std::vector<int64_t>{8, 16}));
  encoder::WhiteningFit fit(32);
  const std::vector<float> vectors = Vectors(base, Sentences(10));
  for (size_t i = 0; i < 10; ++i) fit.Add({&vectors[i * 32], 32});
  base.Add(encoder::Whitening::kFile, fit.Finish(4));
  EXPECT_EQ(encoder::Encoder::Load(base)->dimension(), 4u);
  try {
    Train(Rows(40, 1), R"({"max_steps":1})", &base);
    FAIL();
  } catch (const encoder::Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("whitened"));
  }
}

TEST(Base, LongerTextsGetNewPositions) {
  const encoder::ModelPackage base = Train(Rows(40, 1), TinyOptions(R"("max_steps":2)")).model;
  const Trained longer =
      Train(Rows(40, 1), R"({"max_steps":2,"batch":8,"threads":1,"max_length":48})", &base);
  int64_t max_length = 0;
  EXPECT_EQ(ReadShape(longer.model, &max_length).positions, 48);
  EXPECT_EQ(max_length, 48);
}

std::string ReadEncoderData(const std::string& name) {
  std::ifstream file(std::string(SEMBLANCE_SOURCE_DIR) + "/tests/encoder/data/" + name,
                     std::ios::binary);
  if (!file) throw std::runtime_error("no test file " + name);
  return {std::istreambuf_iterator<char>(file), {}};
}

// One of the encoder's golden networks, with a tokenizer of ours.
encoder::ModelPackage Golden(const std::string& model) {
  encoder::ModelPackage package;
  package.Add("config.json", ReadEncoderData(model + "/config.json"));
  package.Add("model.safetensors", ReadEncoderData(model + "/model.safetensors"));
  for (const char* file : {"tokenizer.model", "tokenizer_config.json"}) {
    package.Add(file, ReadEncoderData(std::string("tokenizer/") + file));
  }
  return package;
}

TEST(Base, RobertaGoesOnAsTheBertThatComputesTheSame) {
  const encoder::ModelPackage base = Golden("roberta");
  // A learning rate of nothing leaves the network as it came.
  const encoder::ModelPackage trained =
      Train(Rows(20, 2), R"({"lr":0,"max_steps":1,"threads":1,"batch":8})", &base).model;
  const std::vector<std::string> sentences = Sentences(20);
  const std::vector<std::string_view> texts(sentences.begin(), sentences.end());
  const std::vector<float> before = encoder::Encoder::Load(base)->Encode(texts);
  const std::vector<float> after = encoder::Encoder::Load(trained)->Encode(texts);
  ASSERT_EQ(before.size(), after.size());
  for (size_t i = 0; i < texts.size(); ++i) {
    EXPECT_GT(Cosine(&before[i * 32], &after[i * 32], 32), 0.99999) << sentences[i];
  }
}

TEST(Base, AnArchitectureThatTrainingDoesNotKnowIsNamed) {
  for (const std::string model : {"mpnet", "albert"}) {
    const encoder::ModelPackage base = Golden(model);
    try {
      Train(Rows(20, 2), R"({"max_steps":1})", &base);
      ADD_FAILURE() << model << " was trained";
    } catch (const encoder::Error& error) {
      EXPECT_EQ(error.kind(), encoder::ErrorKind::kUnsupported);
      EXPECT_THAT(error.what(), HasSubstr("the base model's is " + model));
    }
  }
}

TEST(Base, OptionsThatContradictTheBaseAreRefused) {
  const encoder::ModelPackage base =
      Train(Rows(40, 1), TinyOptions(R"("layers":2,"max_steps":1)")).model;
  const auto message = [&](const std::string& options) -> std::string {
    try {
      Train(Rows(40, 1), options, &base);
    } catch (const encoder::Error& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_THAT(message(R"({"hidden":64})"), HasSubstr("\"hidden\" differs"));
  EXPECT_THAT(message(R"({"layers":1})"), HasSubstr("added, not removed"));
}

}  // namespace
}  // namespace semblance::training
