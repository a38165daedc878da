// Folders as others publish them, and as we do: in, out and in again.
#include "engine/encoder/model_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "engine/encoder/encoder.h"
#include "engine/encoder/folder_files.h"
#include "tests/encoder/fixtures.h"
#include "tests/encoder/torch_fixtures.h"

namespace semblance::encoder {
namespace {

using nlohmann::json;
using testing::HasSubstr;

// A folder that can be changed, at first with a golden network and a tokenizer of ours.
class Folder {
 public:
  explicit Folder(const std::string& model, const std::string& weights = "model.safetensors",
                  const std::string& below = "")
      : below_(below) {
    Write(below + "config.json", ReadTestFile(model + "/config.json"));
    Write(below + weights, ReadTestFile(model + "/" + weights));
    for (const char* file : {"tokenizer.model", "tokenizer_config.json"}) {
      Write(below + file, ReadTestFile(std::string("tokenizer/") + file));
    }
  }
  void Write(const std::string& name, const std::string& content) {
    WriteWholeFile(folder_.path() + "/" + name, content);
  }
  void Set(const std::string& file, const char* key, const json& value) {
    json object = json::parse(ReadWholeFile(folder_.path() + "/" + below_ + file));
    object[key] = value;
    Write(below_ + file, object.dump());
  }
  void AddModules(const std::string& pooling_mode, const std::string& transformer = "") {
    const std::string types = "sentence_transformers.models.";
    Write("modules.json", json({{{"path", transformer}, {"type", types + "Transformer"}},
                                {{"path", "1_Pooling"}, {"type", types + "Pooling"}}})
                              .dump());
    Write("1_Pooling/config.json", json({{"pooling_mode_" + pooling_mode, true}}).dump());
  }
  ModelPackage Import(const std::optional<Pooler>& pooler = std::nullopt) const {
    return ImportModelFolder(folder_.path(), pooler);
  }
  std::string Message() const {
    try {
      Import();
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  }

 private:
  TempFolder folder_;
  std::string below_;
};

BertConfig ConfigOf(const ModelPackage& package) {
  return BertConfig::Parse(package.File("config.json"));
}

TEST(ModelFolderTest, APlainNetworkIsAskedForItsPoolerWithAnExplanation) {
  const Folder folder("bert_uncased");
  EXPECT_THAT(folder.Message(), HasSubstr("does not say which pooler"));
  EXPECT_THAT(folder.Message(), HasSubstr("\"cls\" for supervised SimCSE"));
  EXPECT_THAT(folder.Message(), HasSubstr("--pooler avg"));
  EXPECT_THAT(folder.Message(), Not(HasSubstr("mlp.dense")));
  for (int pooler = 0; pooler < 5; ++pooler) {
    const ModelPackage package = folder.Import(static_cast<Pooler>(pooler));
    EXPECT_EQ(Encoder::Load(package)->pooler(), static_cast<Pooler>(pooler));
  }
}

TEST(ModelFolderTest, ASimCseTrainingCheckpointSaysWhereItIsFrom) {
  const Folder folder("simcse_roberta", "pytorch_model.bin");
  EXPECT_THAT(folder.Message(), HasSubstr("mlp.dense comes from training with SimCSE"));
  const ModelPackage package = folder.Import(Pooler::kCls);
  EXPECT_FALSE(package.Has("pytorch_model.bin"));
  EXPECT_EQ(Encoder::Load(package)->dimension(), 32u);
}

TEST(ModelFolderTest, AFolderOfSentenceTransformersSaysAll) {
  Folder folder("mpnet");
  folder.AddModules("mean_tokens");
  folder.Write("sentence_bert_config.json", R"({"max_seq_length": 20, "do_lower_case": true})");
  folder.Write("config_sentence_transformers.json",
               R"({"prompts": {"q": "query: "}, "default_prompt_name": "q"})");
  const ModelPackage package = folder.Import();
  const BertConfig config = ConfigOf(package);
  EXPECT_EQ(config.pooler, Pooler::kAvg);
  EXPECT_EQ(config.max_length, 20);
  EXPECT_EQ(config.prompt, "query: ");
  const json tokenizer = json::parse(package.File("tokenizer_config.json"));
  EXPECT_EQ(tokenizer["do_lower_case"], true);
  EXPECT_EQ(tokenizer["strip_accents"], false);
  // What Hugging Face put into config.json stays.
  EXPECT_EQ(json::parse(package.File("config.json"))["transformers_version"], "4.2.1");
}

TEST(ModelFolderTest, TheTransformerIsReadFromItsOwnFolder) {
  Folder folder("albert", "model.safetensors", "0_Transformer/");
  folder.AddModules("cls_token", "0_Transformer");
  EXPECT_EQ(ConfigOf(folder.Import()).pooler, Pooler::kClsBeforePooler);
}

TEST(ModelFolderTest, ThePromptStandsInFrontOfEveryText) {
  Folder folder("roberta");
  const auto plain = Encoder::Load(folder.Import(Pooler::kAvg));
  folder.Set("config.json", "semblance", {{"prompt", "query: "}});
  const auto prompted = Encoder::Load(folder.Import(Pooler::kAvg));
  const std::string_view without[] = {"a cat", ""}, with[] = {"query: a cat", "query: "};
  EXPECT_EQ(prompted->Encode(without), plain->Encode(with));
  EXPECT_NE(prompted->Encode(without), plain->Encode(without));
}

TEST(ModelFolderTest, TheLengthIsTheShortestOfWhatTheFilesAllow) {
  Folder folder("roberta");
  EXPECT_EQ(ConfigOf(folder.Import(Pooler::kAvg)).max_length, 64);
  folder.Set("tokenizer_config.json", "model_max_length", 40);
  EXPECT_EQ(ConfigOf(folder.Import(Pooler::kAvg)).max_length, 40);
  folder.Set("tokenizer_config.json", "model_max_length",
             json::parse("1000000000000000019884624838656"));
  EXPECT_EQ(ConfigOf(folder.Import(Pooler::kAvg)).max_length, 64);
  folder.Write("sentence_bert_config.json", R"({"max_seq_length": 512})");
  EXPECT_EQ(ConfigOf(folder.Import(Pooler::kAvg)).max_length, 64);
  folder.Write("sentence_bert_config.json", R"({"max_seq_length": 16})");
  EXPECT_EQ(ConfigOf(folder.Import(Pooler::kAvg)).max_length, 16);
  folder.Set("config.json", "semblance", {{"max_length", 7}});
  EXPECT_EQ(ConfigOf(folder.Import(Pooler::kAvg)).max_length, 7);
}

TEST(ModelFolderTest, FilesThatContradictEachOtherAreNotChosenFrom) {
  Folder folder("bert_cased");
  folder.Set("config.json", "semblance", {{"pooler", "avg"}});
  EXPECT_EQ(ConfigOf(folder.Import()).pooler, Pooler::kAvg);
  folder.AddModules("cls_token");
  EXPECT_THAT(folder.Message(),
              HasSubstr("config.json says the pooler is \"avg\", modules.json says "
                        "\"cls_before_pooler\""));
  EXPECT_EQ(ConfigOf(folder.Import(Pooler::kAvgTop2)).pooler, Pooler::kAvgTop2);
}

TEST(ModelFolderTest, MissingFilesAreNamed) {
  const TempFolder empty;
  EXPECT_EQ(KindOf([&] { ImportModelFolder(empty.path()); }), ErrorKind::kMissing);
  EXPECT_EQ(KindOf([&] { ImportModelFolder(empty.path() + "/nowhere"); }), ErrorKind::kMissing);
  WriteWholeFile(empty.path() + "/config.json", ReadTestFile("bert_cased/config.json"));
  try {
    ImportModelFolder(empty.path());
    FAIL() << "nothing was missed";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("model.safetensors"));
  }
}

TEST(ModelFolderTest, WhatIsExportedComesBackAsTheSameModel) {
  for (const Pooler pooler : {Pooler::kAvg, Pooler::kCls, Pooler::kClsBeforePooler,
                              Pooler::kAvgTop2, Pooler::kAvgFirstLast}) {
    BertConfig config = SmallConfig(2, 32, 4);
    config.pooler = pooler;
    for (const DType dtype : {DType::kF32, DType::kF16}) {
      const ModelPackage package = RandomPackage(config, 3, dtype);
      const TempFolder folder;
      ExportModelFolder(package, folder.path());
      const ModelPackage read = ImportModelFolder(folder.path());
      EXPECT_TRUE(read.files() == package.files());
      EXPECT_EQ(read.Id(), package.Id());
    }
  }
}

TEST(ModelFolderTest, AnExportedTokenizerHasTheNamesThatTransformersKnows) {
  const ModelPackage package = RandomPackage(SmallConfig(1, 16, 2));
  const TempFolder folder;
  ExportModelFolder(package, folder.path());
  const json tokenizer = json::parse(ReadWholeFile(folder.path() + "/tokenizer_config.json"));
  EXPECT_EQ(tokenizer["tokenizer_class"], "AlbertTokenizer");
  EXPECT_EQ(tokenizer["keep_accents"], true);
  EXPECT_EQ(tokenizer["model_max_length"], 64);
  EXPECT_EQ(ReadWholeFile(folder.path() + "/spiece.model"), package.File("tokenizer.model"));
  const json config = json::parse(ReadWholeFile(folder.path() + "/config.json"));
  EXPECT_EQ(config["architectures"], json({"BertModel"}));
  EXPECT_EQ(config["model_type"], "bert");
}

TEST(ModelFolderTest, TheDefaultModelComesBackAsItWas) {
  const TempFolder folder;
  ExportModelFolder(ModelPackage::Default(), folder.path());
  EXPECT_EQ(ImportModelFolder(folder.path()).Id(), ModelPackage::Default().Id());
}

TEST(ModelFolderTest, ADenseStepTakesThePlaceOfThePoolersLayer) {
  BertConfig config = SmallConfig(1, 16, 2);
  config.pooler = Pooler::kCls;
  const ModelPackage package = RandomPackage(config);
  const TempFolder folder;
  ExportModelFolder(package, folder.path());
  // As sentence-transformers saves it: our block is gone, the network has no pooler.
  json plain = json::parse(package.File("config.json"));
  plain.erase("semblance");
  WriteWholeFile(folder.path() + "/config.json", plain.dump());
  OwnedTensors tensors = ReadAll(package.File("model.safetensors"));
  std::erase_if(tensors, [](const auto& entry) { return entry.first.starts_with("pooler."); });
  WriteWholeFile(folder.path() + "/model.safetensors", Write(tensors, DType::kF32));
  const std::string_view texts[] = {"a cat", "Snow fell."};
  EXPECT_EQ(Encoder::Load(ImportModelFolder(folder.path()))->Encode(texts),
            Encoder::Load(package)->Encode(texts));
}

TEST(ModelFolderTest, DamagedFilesGiveErrorsOrOtherModels) {
  for (const char* model : {"roberta", "mpnet", "albert"}) {
    const std::string config = ReadTestFile(std::string(model) + "/config.json");
    const std::string weights = ReadTestFile(std::string(model) + "/model.safetensors");
    DamageAndTry(config, 300,
                 [&](const std::string& damaged) { Encoder::Load(MakePackage(damaged, weights)); });
    // The header, where the sizes are.
    const size_t header = weights.find("\"encoder");
    const std::string beginning = weights.substr(0, header + 600),
                      end = weights.substr(header + 600);
    DamageAndTry(beginning, 300, [&](const std::string& damaged) {
      Encoder::Load(MakePackage(config, damaged + end));
    });
  }
}

}  // namespace
}  // namespace semblance::encoder
