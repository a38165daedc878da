// What the files of sentence-transformers say, and what is written for it to read.
#include "engine/encoder/sentence_transformers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "engine/encoder/folder_files.h"
#include "tests/encoder/fixtures.h"
#include "tests/encoder/torch_fixtures.h"

namespace semblance::encoder {
namespace {

using nlohmann::json;
using testing::HasSubstr;

using Files = std::map<std::string, std::string>;

SentenceSettings Read(const Files& files) {
  const TempFolder folder;
  for (const auto& [name, content] : files) WriteWholeFile(folder.path() + "/" + name, content);
  return ReadSentenceSettings(folder.path());
}

std::string MessageOf(const Files& files) {
  try {
    Read(files);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

// modules.json with these steps, each "Type" or "Type folder".
std::string Modules(const std::vector<std::pair<std::string, std::string>>& steps) {
  json modules = json::array();
  for (const auto& [type, path] : steps) {
    modules.push_back({{"idx", modules.size()},
                       {"name", std::to_string(modules.size())},
                       {"path", path},
                       {"type", "sentence_transformers.models." + type}});
  }
  return modules.dump();
}

std::string Pooling(const std::vector<std::string>& modes) {
  json pooling = {{"word_embedding_dimension", 32}};
  for (const char* mode : {"cls_token", "mean_tokens", "max_tokens", "mean_sqrt_len_tokens"}) {
    pooling["pooling_mode_" + std::string(mode)] =
        std::find(modes.begin(), modes.end(), mode) != modes.end();
  }
  return pooling.dump();
}

Files Usual(const std::vector<std::string>& modes) {
  return {{"modules.json",
           Modules({{"Transformer", ""}, {"Pooling", "1_Pooling"}, {"Normalize", "2_Normalize"}})},
          {"1_Pooling/config.json", Pooling(modes)},
          {"sentence_bert_config.json", R"({"max_seq_length": 24, "do_lower_case": false})"}};
}

TEST(SentenceTransformersTest, AFolderWithoutItsFilesSaysNothing) {
  const SentenceSettings settings = Read({{"config.json", "{}"}});
  EXPECT_FALSE(settings.pooler);
  EXPECT_FALSE(settings.max_length);
  EXPECT_EQ(settings.transformer, "");
}

TEST(SentenceTransformersTest, PoolingsHaveNamesOfOurs) {
  EXPECT_EQ(Read(Usual({"mean_tokens"})).pooler, Pooler::kAvg);
  EXPECT_EQ(Read(Usual({"mean_sqrt_len_tokens"})).pooler, Pooler::kAvg);
  EXPECT_EQ(Read(Usual({"cls_token"})).pooler, Pooler::kClsBeforePooler);
  EXPECT_EQ(Read(Usual({"mean_tokens"})).max_length, 24);
  Files newer = Usual({});
  newer["1_Pooling/config.json"] = R"({"embedding_dimension": 32, "pooling_mode": "cls"})";
  EXPECT_EQ(Read(newer).pooler, Pooler::kClsBeforePooler);
}

TEST(SentenceTransformersTest, OtherPoolingsAreNamed) {
  EXPECT_THAT(MessageOf(Usual({"max_tokens"})), HasSubstr("pooling by max_tokens"));
  EXPECT_THAT(MessageOf(Usual({"max_tokens", "mean_tokens"})), HasSubstr("several kinds"));
  EXPECT_THAT(MessageOf(Usual({})), HasSubstr("pooling by nothing"));
  Files lasttoken = Usual({});
  lasttoken["1_Pooling/config.json"] = R"({"pooling_mode_lasttoken": true})";
  EXPECT_THAT(MessageOf(lasttoken), HasSubstr("pooling by lasttoken"));
}

TEST(SentenceTransformersTest, OtherStepsAreNamed) {
  const auto with = [](std::vector<std::pair<std::string, std::string>> steps) {
    Files files = Usual({"mean_tokens"});
    files["modules.json"] = Modules(steps);
    return files;
  };
  EXPECT_THAT(MessageOf(with({{"Transformer", ""}, {"Pooling", "1_Pooling"}, {"CNN", "2_CNN"}})),
              HasSubstr("the step CNN"));
  EXPECT_THAT(MessageOf(with({{"WordEmbeddings", "0"}, {"Pooling", "1_Pooling"}})),
              HasSubstr("there is WordEmbeddings"));
  EXPECT_THAT(MessageOf(with({{"Transformer", ""}, {"Transformer", ""}})),
              HasSubstr("there is Transformer"));
  EXPECT_THAT(MessageOf(with({{"Transformer", ""}})), HasSubstr("no Pooling"));
  EXPECT_THAT(MessageOf(with({{"Transformer", "../other"}})), HasSubstr("leads out"));
  EXPECT_THAT(MessageOf(with({{"Transformer", ""}, {"Pooling", "9_Pooling"}})),
              HasSubstr("cannot read"));
}

TEST(SentenceTransformersTest, TheTransformerMayHaveAFolderOfItsOwn) {
  Files files = Usual({"mean_tokens"});
  files["modules.json"] = Modules({{"Transformer", "0_BERT"}, {"Pooling", "1_Pooling"}});
  files.erase("sentence_bert_config.json");
  files["0_BERT/sentence_roberta_config.json"] = R"({"max_seq_length": 9, "do_lower_case": true})";
  const SentenceSettings settings = Read(files);
  EXPECT_EQ(settings.transformer, "0_BERT");
  EXPECT_EQ(settings.max_length, 9);
  EXPECT_TRUE(settings.lower_case);
}

TEST(SentenceTransformersTest, OnlyADenseStepThatIsThePoolerClsIsComputed) {
  Files files = Usual({"cls_token"});
  files["modules.json"] =
      Modules({{"Transformer", ""}, {"Pooling", "1_Pooling"}, {"Dense", "2_Dense"}});
  const json dense = {{"in_features", 32},
                      {"out_features", 32},
                      {"bias", true},
                      {"activation_function", "torch.nn.modules.activation.Tanh"}};
  files["2_Dense/config.json"] = dense.dump();
  EXPECT_EQ(Read(files).pooler, Pooler::kCls);
  EXPECT_EQ(Read(files).dense, "2_Dense");
  for (const auto& [key, value] :
       {std::pair<const char*, json>{"out_features", 16},
        {"bias", false},
        {"activation_function", "torch.nn.modules.linear.Identity"}}) {
    json other = dense;
    other[key] = value;
    files["2_Dense/config.json"] = other.dump();
    EXPECT_THAT(MessageOf(files), HasSubstr("a Dense step is computed only")) << key;
  }
  files["2_Dense/config.json"] = dense.dump();
  files["1_Pooling/config.json"] = Pooling({"mean_tokens"});
  EXPECT_THAT(MessageOf(files), HasSubstr("a Dense step is computed only"));
}

TEST(SentenceTransformersTest, TheDefaultPromptIsKept) {
  Files files = Usual({"mean_tokens"});
  const std::string prompts = R"("prompts": {"query": "query: ", "passage": "passage: "})";
  files["config_sentence_transformers.json"] = "{" + prompts + R"(, "default_prompt_name": null})";
  EXPECT_EQ(Read(files).prompt, "");
  files["config_sentence_transformers.json"] =
      "{" + prompts + R"(, "default_prompt_name": "passage"})";
  EXPECT_EQ(Read(files).prompt, "passage: ");
  json pooling = json::parse(Pooling({"mean_tokens"}));
  pooling["include_prompt"] = false;
  files["1_Pooling/config.json"] = pooling.dump();
  EXPECT_THAT(MessageOf(files), HasSubstr("include_prompt"));
  files["config_sentence_transformers.json"] =
      "{" + prompts + R"(, "default_prompt_name": "clustering"})";
  EXPECT_THAT(MessageOf(files), HasSubstr("no prompt \"clustering\""));
}

TEST(SentenceTransformersTest, DamageIsAnErrorOrSaysSomethingElse) {
  Files files = Usual({"mean_tokens"});
  files["config_sentence_transformers.json"] =
      R"({"prompts": {"query": "query: "}, "default_prompt_name": "query"})";
  const TempFolder folder;
  for (const auto& [name, content] : files) WriteWholeFile(folder.path() + "/" + name, content);
  for (const auto& [name, content] : files) {
    const std::string path = folder.path() + "/" + name;
    DamageAndTry(content, 500, [&](const std::string& damaged) {
      WriteWholeFile(path, damaged);
      ReadSentenceSettings(folder.path());
    });
    WriteWholeFile(path, content);
  }
}

TEST(SentenceTransformersTest, WhatIsWrittenIsReadAgain) {
  BertConfig config = SmallConfig(1, 16, 2);
  config.max_length = 33;
  config.prompt = "passage: ";
  const std::string weights = Write(RandomTensors(config, 1), DType::kF16);
  for (const Pooler pooler : {Pooler::kAvg, Pooler::kCls, Pooler::kClsBeforePooler}) {
    config.pooler = pooler;
    const TempFolder folder;
    WriteSentenceFiles(config, weights, folder.path());
    const SentenceSettings settings = ReadSentenceSettings(folder.path());
    EXPECT_EQ(settings.pooler, pooler);
    EXPECT_EQ(settings.max_length, 33);
    EXPECT_EQ(settings.prompt, "passage: ");
    EXPECT_EQ(settings.dense.empty(), pooler != Pooler::kCls);
    const json modules = json::parse(ReadWholeFile(folder.path() + "/modules.json"));
    EXPECT_EQ(modules[0]["type"], "sentence_transformers.models.Transformer");
    EXPECT_EQ(modules.back()["type"], "sentence_transformers.models.Normalize");
  }
}

TEST(SentenceTransformersTest, PoolersThatItDoesNotHaveGetNoModules) {
  BertConfig config = SmallConfig(1, 16, 2);
  for (const Pooler pooler : {Pooler::kAvgTop2, Pooler::kAvgFirstLast}) {
    config.pooler = pooler;
    const TempFolder folder;
    WriteSentenceFiles(config, "", folder.path());
    EXPECT_FALSE(IsFile(folder.path() + "/modules.json"));
    EXPECT_TRUE(IsFile(folder.path() + "/sentence_bert_config.json"));
  }
}

}  // namespace
}  // namespace semblance::encoder
