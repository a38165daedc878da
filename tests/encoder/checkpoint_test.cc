// Weights as others publish them: names, files, parts.
#include "engine/encoder/checkpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/encoder/folder_files.h"
#include "tests/encoder/fixtures.h"
#include "tests/encoder/golden.h"
#include "tests/encoder/torch_fixtures.h"

namespace semblance::encoder {
namespace {

using nlohmann::json;
using testing::HasSubstr;

// What is made of a folder with these files.
std::string Convert(const std::string& config,
                    const std::vector<std::pair<std::string, std::string>>& files) {
  const TempFolder folder;
  for (const auto& [name, content] : files) WriteWholeFile(folder.path() + "/" + name, content);
  return ConvertWeights(WeightFiles(folder.path(), ""), BertConfig::Parse(config));
}

std::string MessageOf(const std::string& config,
                      const std::vector<std::pair<std::string, std::string>>& files) {
  try {
    Convert(config, files);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

const std::string& Config() {
  static const std::string config = ReadTestFile("bert_uncased/config.json");
  return config;
}
const std::string& Weights() {
  static const std::string weights = ReadTestFile("bert_uncased/model.safetensors");
  return weights;
}

// Equal in every bit.
void ExpectSameTensors(const std::string& a, const std::string& b) {
  const OwnedTensors left = ReadAll(a), right = ReadAll(b);
  ASSERT_EQ(left.size(), right.size());
  for (const auto& [name, tensor] : left) {
    ASSERT_EQ(right.count(name), 1u) << name;
    EXPECT_EQ(right.at(name).shape, tensor.shape) << name;
    EXPECT_EQ(right.at(name).values, tensor.values) << name;
  }
}

TEST(CheckpointTest, TheFileThatBertWasPublishedInIsReadLikeTheNewOne) {
  const std::string converted = Convert(
      Config(), {{"pytorch_model.bin", ReadTestFile("torch/bert_uncased_before_2020.bin")}});
  ExpectSameTensors(converted, Weights());
}

TEST(CheckpointTest, HalvesOfATorchFileStayHalvesAndAgreeWithTheReference) {
  const std::string converted =
      Convert(Config(), {{"pytorch_model.bin", ReadTestFile("torch/bert_uncased_f16.bin")}});
  EXPECT_EQ(SafeTensors::Parse(converted).Find("pooler.dense.weight")->dtype, DType::kF16);
  ExpectPooled(Config(), converted, json::parse(ReadTestFile("bert_uncased/pooled_f16.json")));
}

TEST(CheckpointTest, ConvertingWhatWasConvertedChangesNoByte) {
  for (const DType dtype : {DType::kF32, DType::kF16, DType::kBF16}) {
    const std::string once =
        Convert(Config(), {{"model.safetensors", Write(ReadAll(Weights()), dtype)}});
    EXPECT_EQ(Convert(Config(), {{"model.safetensors", once}}), once);
  }
}

class SimCseTest : public testing::TestWithParam<const char*> {};

TEST_P(SimCseTest, ATrainingCheckpointAgreesWithTheReferenceInEveryPooler) {
  const std::string name = GetParam();
  const std::string config = ReadTestFile(name + "/config.json");
  const std::string converted =
      Convert(config, {{"pytorch_model.bin", ReadTestFile(name + "/pytorch_model.bin")}});
  const SafeTensors parsed = SafeTensors::Parse(converted);
  for (const auto& [tensor, view] : parsed.tensors()) {
    EXPECT_THAT(tensor, testing::MatchesRegex("(embeddings|encoder|pooler)[.].*"));
  }
  const json expected = json::parse(ReadTestFile(name + "/pooled.json"));
  ASSERT_EQ(expected["sentences"].size(), 16u);
  ASSERT_EQ(expected["sentences"][0]["pooled"].size(), 5u);
  ExpectPooled(config, converted, expected);
  ExpectLayers(config, converted, expected);
}

INSTANTIATE_TEST_SUITE_P(All, SimCseTest, testing::Values("simcse_bert", "simcse_roberta"),
                         [](const auto& model) { return std::string(model.param); });

// The same tensors by other names.
std::string Renamed(const std::function<std::string(std::string)>& rename, OwnedTensors more = {}) {
  for (auto& [name, tensor] : ReadAll(Weights())) more[rename(name)] = tensor;
  return Write(more, DType::kF32);
}

TEST(CheckpointTest, PrefixesAndOldNamesAndHeadsMakeNoDifference) {
  const auto old = [](std::string name) {
    for (const auto& [now, then] :
         {std::pair<std::string, std::string>{"LayerNorm.weight", "LayerNorm.gamma"},
          {"LayerNorm.bias", "LayerNorm.beta"}}) {
      if (name.ends_with(now)) name.replace(name.size() - now.size(), now.size(), then);
    }
    return name;
  };
  const OwnedTensor any = {{3}, {1, 2, 3}};
  for (const std::string prefix : {"", "bert.", "module.bert.", "0.auto_model."}) {
    const std::string file = Renamed([&](const std::string& name) { return prefix + old(name); },
                                     {{"cls.predictions.bias", any},
                                      {"classifier.weight", any},
                                      {prefix + "embeddings.position_ids", any}});
    ExpectSameTensors(Convert(Config(), {{"model.safetensors", file}}), Weights());
  }
}

TEST(CheckpointTest, ATensorInsideTheNetworkThatIsNotComputedIsNamed) {
  const std::string file =
      Renamed([](const std::string& name) { return "bert." + name; },
              {{"bert.encoder.layer.1.attention.self.distance_embedding.weight", {{1}, {1}}}});
  EXPECT_THAT(MessageOf(Config(), {{"model.safetensors", file}}),
              HasSubstr("bert.encoder.layer.1.attention.self.distance_embedding.weight"));
  json shorter = json::parse(Config());
  shorter["num_hidden_layers"] = 2;
  EXPECT_THAT(MessageOf(shorter.dump(), {{"model.safetensors", Weights()}}),
              HasSubstr("encoder.layer.2."));
}

TEST(CheckpointTest, TwoNetworksInOneFileAndNoneAreRefused) {
  OwnedTensors two;
  for (auto& [name, tensor] : ReadAll(Weights())) {
    two["query." + name] = two["ctx." + name] = tensor;
  }
  EXPECT_THAT(MessageOf(Config(), {{"model.safetensors", Write(two, DType::kF32)}}),
              HasSubstr("several networks"));
  EXPECT_THAT(MessageOf(Config(), {{"model.safetensors", Write({{"w", {{1}, {1}}}}, DType::kF32)}}),
              HasSubstr("lack embeddings.word_embeddings.weight"));
}

// bert_uncased in two files and the index that lists them.
std::vector<std::pair<std::string, std::string>> InParts() {
  OwnedTensors parts[2];
  json map;
  for (const auto& [name, tensor] : ReadAll(Weights())) {
    const size_t part = name.starts_with("encoder.layer.1") ? 1 : 0;
    parts[part][name] = tensor;
    map[name] = part == 0 ? "model-1-of-2.safetensors" : "model-2-of-2.safetensors";
  }
  return {{"model.safetensors.index.json", json({{"weight_map", map}}).dump()},
          {"model-1-of-2.safetensors", Write(parts[0], DType::kF32)},
          {"model-2-of-2.safetensors", Write(parts[1], DType::kF32)}};
}

TEST(WeightFilesTest, WeightsInPartsAreOne) {
  ExpectSameTensors(Convert(Config(), InParts()), Weights());
}

TEST(WeightFilesTest, ATorchFileMayBePartOfAList) {
  const std::string index = json({{"weight_map", {{"a", "part.bin"}}}}).dump();
  ExpectSameTensors(
      Convert(Config(), {{"pytorch_model.bin.index.json", index},
                         {"part.bin", ReadTestFile("torch/bert_uncased_before_2020.bin")}}),
      Weights());
}

TEST(WeightFilesTest, AListThatLeadsElsewhereIsRefused) {
  for (const char* file : {"../model.safetensors", "/etc/passwd", "a/b", "", ".hidden"}) {
    const std::string index = json({{"weight_map", {{"a", file}}}}).dump();
    EXPECT_THAT(MessageOf(Config(), {{"model.safetensors.index.json", index}}),
                HasSubstr("not beside it"));
  }
  auto parts = InParts();
  parts.pop_back();
  EXPECT_THAT(MessageOf(Config(), parts), HasSubstr("cannot read"));
  parts = InParts();
  parts[2].second = parts[1].second;
  EXPECT_THAT(MessageOf(Config(), parts), HasSubstr("is in two files"));
}

TEST(WeightFilesTest, WhatIsWrongWithAFolderIsSaid) {
  EXPECT_THAT(MessageOf(Config(), {}), HasSubstr("has no weights"));
  EXPECT_THAT(MessageOf(Config(), {{"pytorch_model.bin",
                                    "version https://git-lfs.github.com/spec/v1\noid sha256:0\n"}}),
              HasSubstr("git lfs pull"));
  EXPECT_THAT(MessageOf(Config(), {{"pytorch_model.bin", "\x80\2cos\nsystem\n."}}),
              HasSubstr("pytorch_model.bin: pickle: it asks for Python's os.system"));
  std::string wide = Weights();
  const size_t at = wide.find("\"F32\"");
  ASSERT_NE(at, std::string::npos);
  wide.replace(at, 5, "\"I32\"");
  EXPECT_THAT(MessageOf(Config(), {{"model.safetensors", wide}}), HasSubstr("as I32; F32, F16"));
}

}  // namespace
}  // namespace semblance::encoder
