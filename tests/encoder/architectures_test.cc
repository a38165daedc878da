// Networks that are not BERT's against the reference implementation (data/README.md), and what
// their configurations must say.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "engine/encoder/config.h"
#include "engine/encoder/relative_bias.h"
#include "engine/encoder/weight_names.h"
#include "tests/encoder/fixtures.h"
#include "tests/encoder/golden.h"

namespace semblance::encoder {
namespace {

using nlohmann::json;

class ArchitecturesTest : public testing::TestWithParam<const char*> {
 protected:
  std::string Read(const char* file) { return ReadTestFile(std::string(GetParam()) + "/" + file); }
};

TEST_P(ArchitecturesTest, EveryPoolerAgreesWithTheReference) {
  const json expected = json::parse(Read("pooled.json"));
  ASSERT_EQ(expected["sentences"].size(), 16u);
  ASSERT_EQ(expected["sentences"][0]["pooled"].size(), 5u);
  ExpectPooled(Read("config.json"), Read("model.safetensors"), expected);
}

TEST_P(ArchitecturesTest, TheStateAfterEachLayerAgreesWithTheReference) {
  ExpectLayers(Read("config.json"), Read("model.safetensors"), json::parse(Read("pooled.json")));
}

TEST_P(ArchitecturesTest, TheFileHasTheTensorsThatTheConfigurationAsksForAndNoOthers) {
  const auto shapes = WeightShapes(BertConfig::Parse(Read("config.json")));
  const std::string bytes = Read("model.safetensors");
  std::map<std::string, std::vector<int64_t>> in_file;
  const SafeTensors parsed = SafeTensors::Parse(bytes);
  for (const auto& [name, tensor] : parsed.tensors()) in_file[name] = tensor.shape;
  EXPECT_EQ(in_file, shapes);
}

TEST_P(ArchitecturesTest, WhatIsWrittenIsReadAgain) {
  BertConfig config = BertConfig::Parse(Read("config.json"));
  config.prompt = "query: ";
  const BertConfig read = BertConfig::Parse(config.ToJson());
  EXPECT_EQ(read.ToJson(), config.ToJson());
  EXPECT_EQ(read.architecture, config.architecture);
  EXPECT_EQ(read.prompt, "query: ");
  EXPECT_EQ(WeightShapes(read), WeightShapes(config));
}

INSTANTIATE_TEST_SUITE_P(All, ArchitecturesTest,
                         testing::Values("roberta", "xlm_roberta", "mpnet", "albert"),
                         [](const auto& model) { return std::string(model.param); });

BertConfig Parsed(const char* model, const char* key, const json& value) {
  json object = json::parse(ReadTestFile(std::string(model) + "/config.json"));
  object[key] = value;
  return BertConfig::Parse(object.dump());
}

TEST(ArchitectureConfigTest, RobertaKeepsRowsOfThePositionTableForPadding) {
  const BertConfig config = BertConfig::Parse(ReadTestFile("roberta/config.json"));
  EXPECT_EQ(config.positions, 66);
  EXPECT_EQ(config.first_position(), 2);
  EXPECT_EQ(config.max_length, 64);
  EXPECT_EQ(KindOf([] {
              Parsed("roberta", "semblance", {{"max_length", 65}});
            }),
            ErrorKind::kInvalid);
  EXPECT_EQ(KindOf([] { Parsed("roberta", "max_position_embeddings", 3); }), ErrorKind::kInvalid);
}

TEST(ArchitectureConfigTest, VariantsThatAreNotComputedAreRefused) {
  EXPECT_EQ(KindOf([] { Parsed("mpnet", "relative_attention_num_buckets", 64); }),
            ErrorKind::kUnsupported);
  EXPECT_EQ(KindOf([] { Parsed("mpnet", "pad_token_id", 0); }), ErrorKind::kUnsupported);
  EXPECT_EQ(KindOf([] { Parsed("albert", "inner_group_num", 2); }), ErrorKind::kUnsupported);
  EXPECT_EQ(KindOf([] { Parsed("albert", "num_hidden_groups", 4); }), ErrorKind::kInvalid);
}

TEST(ArchitectureConfigTest, AnUnknownArchitectureIsAnsweredWithTheList) {
  try {
    Parsed("roberta", "model_type", "t5");
    FAIL() << "t5 was taken";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUnsupported);
    EXPECT_THAT(error.what(),
                testing::HasSubstr("bert, roberta, xlm-roberta, camembert, mpnet, albert"));
    EXPECT_THAT(error.what(), testing::HasSubstr("\"t5\""));
  }
}

TEST(ArchitectureConfigTest, AlbertsGroupsOfLayersHaveWeightsOfTheirOwn) {
  const BertConfig config = Parsed("albert", "num_hidden_groups", 2);
  std::vector<std::string> names;
  for (int64_t i = 0; i < 3; ++i) names.push_back(NamesOfLayer(config, i).query.substr(0, 29));
  EXPECT_EQ(names, (std::vector<std::string>{"encoder.albert_layer_groups.0",
                                             "encoder.albert_layer_groups.0",
                                             "encoder.albert_layer_groups.1"}));
}

TEST(ArchitectureConfigTest, APaddingTokenInsideRobertasTextTakesNoPosition) {
  // Two models: in the second, the row of the padding token's position is another; and sentences
  // that end alike, with and without padding between.
  const std::string config =
      WithPooler(ReadTestFile("roberta/config.json"), Pooler::kClsBeforePooler);
  OwnedTensors weights = ReadAll(ReadTestFile("roberta/model.safetensors"));
  const auto encode = [&](std::vector<int32_t> ids) {
    return Encoder::Load(MakePackage(config, Write(weights, DType::kF32)))
        ->EncodeIds(std::span(&ids, 1));
  };
  const std::vector<float> plain = encode({0, 40, 50, 2}), padded = encode({0, 40, 1, 50, 2});
  OwnedTensor& table = weights["embeddings.position_embeddings.weight"];
  const size_t width = static_cast<size_t>(table.shape[1]);
  for (size_t i = 0; i < width; ++i) table.values[width + i] += 1.0f + static_cast<float>(i % 3);
  EXPECT_LT(LargestDifference(encode({0, 40, 50, 2}), plain), 1e-6f);
  EXPECT_GT(LargestDifference(encode({0, 40, 1, 50, 2}), padded), 1e-3f);
  // Row 2 + 4 is the fifth token's, and no token of the padded sentence is the fifth.
  for (size_t i = 0; i < width; ++i) table.values[width + i] -= 1.0f + static_cast<float>(i % 3);
  for (size_t i = 0; i < width; ++i) table.values[6 * width + i] += 1.0f;
  EXPECT_LT(LargestDifference(encode({0, 40, 1, 50, 2}), padded), 1e-5f);
}

TEST(RelativeBiasTest, NearDistancesHaveBucketsOfTheirOwnAndFarOnesShare) {
  const std::vector<std::pair<int64_t, int64_t>> cases = {
      {0, 0},   {-1, 1},   {1, 17},   {-7, 7},   {7, 23},   {-8, 8},     {-11, 8},
      {-12, 9}, {-15, 9},  {16, 26},  {22, 26},  {-31, 11}, {-32, 12},   {63, 29},
      {64, 30}, {-90, 14}, {-91, 15}, {127, 31}, {128, 31}, {-5000, 15}, {5000, 31}};
  for (const auto& [distance, bucket] : cases) {
    EXPECT_EQ(DistanceBucket(distance), bucket) << distance;
  }
}

TEST(RelativeBiasTest, TheTableIsTurnedIntoOneRowForEachHead) {
  std::vector<float> table(32 * 2);
  for (size_t i = 0; i < table.size(); ++i) table[i] = static_cast<float>(i);
  // bucket * 2 + head; distances -2 .. 2 have the buckets 2, 1, 0, 17, 18.
  EXPECT_EQ(DistanceBias(table, 2, 2), (std::vector<float>{4, 2, 0, 34, 36, 5, 3, 1, 35, 37}));
}

}  // namespace
}  // namespace semblance::encoder
