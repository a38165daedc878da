#include "engine/encoder/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>

#include "tests/encoder/fixtures.h"

namespace semblance::encoder {
namespace {

using nlohmann::json;

json Valid() { return json::parse(SmallConfig(2, 32, 4).ToJson()); }

std::optional<ErrorKind> KindWith(const char* key, const json& value) {
  json object = Valid();
  object[key] = value;
  return KindOf([&] { BertConfig::Parse(object.dump()); });
}

TEST(ConfigTest, WhatIsWrittenIsReadAgain) {
  BertConfig config = SmallConfig(3, 64, 8);
  config.pooler = Pooler::kAvgFirstLast;
  config.max_length = 17;
  config.dims = {8, 32};
  config.epsilon = 1e-7;
  config.activation = Activation::kGeluTanh;
  config.pad_token = 5;
  const BertConfig read = BertConfig::Parse(config.ToJson());
  EXPECT_EQ(read.ToJson(), config.ToJson());
  EXPECT_EQ(read.pooler, Pooler::kAvgFirstLast);
  EXPECT_EQ(read.max_length, 17);
  EXPECT_EQ(read.dims, (std::vector<int64_t>{8, 32}));
  EXPECT_EQ(read.epsilon, 1e-7);
  EXPECT_EQ(read.activation, Activation::kGeluTanh);
}

TEST(ConfigTest, AHuggingFaceFileWithoutOurBlockGetsDefaults) {
  const BertConfig config = BertConfig::Parse(ReadTestFile("bert_cased/config.json"));
  EXPECT_EQ(config.layers, 2);
  EXPECT_EQ(config.activation, Activation::kGeluTanh);
  EXPECT_EQ(config.epsilon, 1e-5);
  EXPECT_EQ(config.pooler, Pooler::kAvg);
  EXPECT_EQ(config.max_length, 64);
}

TEST(ConfigTest, ZeroLayersAreAModelWithoutHeadsOrIntermediateSize) {
  json object = Valid();
  object["num_hidden_layers"] = 0;
  object["intermediate_size"] = 0;
  object.erase("num_attention_heads");
  EXPECT_EQ(BertConfig::Parse(object.dump()).layers, 0);
  EXPECT_EQ(KindWith("intermediate_size", 0), ErrorKind::kInvalid);
}

TEST(ConfigTest, ValuesOutOfRangeAreRefused) {
  const std::vector<std::pair<const char*, json>> cases = {{"num_hidden_layers", -1},
                                                           {"num_hidden_layers", 49},
                                                           {"hidden_size", 0},
                                                           {"hidden_size", 8193},
                                                           {"num_attention_heads", 0},
                                                           {"num_attention_heads", 5},
                                                           {"intermediate_size", 70000},
                                                           {"vocab_size", 0},
                                                           {"vocab_size", 5000000},
                                                           {"max_position_embeddings", 1},
                                                           {"type_vocab_size", 0},
                                                           {"pad_token_id", -1},
                                                           {"pad_token_id", 320},
                                                           {"layer_norm_eps", -1e-3},
                                                           {"layer_norm_eps", 2},
                                                           {"hidden_size", 18446744073709551615ull},
                                                           {"semblance", {{"max_length", 97}}},
                                                           {"semblance", {{"max_length", 1}}},
                                                           {"semblance", {{"dims", {4, 2}}}},
                                                           {"semblance", {{"dims", {0}}}},
                                                           {"semblance", {{"dims", {100000}}}},
                                                           {"semblance", {{"dims", "all"}}},
                                                           {"semblance", {{"pooler", "max"}}}};
  for (const auto& [key, value] : cases) {
    EXPECT_EQ(KindWith(key, value), ErrorKind::kInvalid) << key << " " << value;
  }
}

TEST(ConfigTest, MembersOfAWrongTypeAreRefused) {
  const std::vector<std::pair<const char*, json>> cases = {
      {"hidden_size", "32"}, {"hidden_size", 32.5}, {"layer_norm_eps", "small"},  {"hidden_act", 3},
      {"is_decoder", "no"},  {"semblance", 3},      {"model_type", json::array()}};
  for (const auto& [key, value] : cases) {
    EXPECT_EQ(KindWith(key, value), ErrorKind::kCorruption) << key << " " << value;
  }
}

TEST(ConfigTest, OtherArchitecturesAreNotSupported) {
  EXPECT_EQ(KindWith("model_type", "gpt2"), ErrorKind::kUnsupported);
  EXPECT_EQ(KindWith("model_type", nullptr), ErrorKind::kUnsupported);
  EXPECT_EQ(KindWith("position_embedding_type", "relative_key"), ErrorKind::kUnsupported);
  EXPECT_EQ(KindWith("is_decoder", true), ErrorKind::kUnsupported);
  EXPECT_EQ(KindWith("hidden_act", "swish"), ErrorKind::kUnsupported);
}

TEST(ConfigTest, AMissingSizeIsNamed) {
  for (const char* key :
       {"num_hidden_layers", "hidden_size", "vocab_size", "max_position_embeddings"}) {
    json object = Valid();
    object.erase(key);
    try {
      BertConfig::Parse(object.dump());
      ADD_FAILURE() << key << " was not missed";
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kInvalid);
      EXPECT_THAT(error.what(), testing::HasSubstr(key));
    }
  }
}

TEST(ConfigTest, AnUnknownPoolerIsAnsweredWithTheList) {
  try {
    PoolerFromName("mean");
    FAIL() << "a pooler called mean was found";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("cls, cls_before_pooler, avg, avg_top2"));
  }
}

TEST(ConfigTest, NoBeginningAndNoDamageOfAFileCrashes) {
  const std::string text = Valid().dump();
  for (size_t length = 0; length < text.size(); ++length) {
    EXPECT_EQ(KindOf([&] { BertConfig::Parse(text.substr(0, length)); }), ErrorKind::kCorruption);
  }
  std::mt19937 random(3);
  int refused = 0;
  for (int round = 0; round < 3000; ++round) {
    std::string damaged = text;
    damaged[random() % damaged.size()] = static_cast<char>(random());
    refused += KindOf([&] { BertConfig::Parse(damaged); }).has_value();
  }
  EXPECT_GT(refused, 1000);
  EXPECT_EQ(KindOf([] { BertConfig::Parse(std::string(100000, '[')); }), ErrorKind::kCorruption);
  EXPECT_EQ(KindOf([] { BertConfig::Parse(std::string(2 << 20, ' ')); }), ErrorKind::kCorruption);
}

}  // namespace
}  // namespace semblance::encoder
