// A training that is written to a file, and trained from there, gives the same model.
#include "engine/training/corpus_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "engine/training/corpus_export.h"
#include "engine/training/options_text.h"
#include "tests/training/fixtures.h"

namespace semblance::training {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

std::string Read(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

class CorpusFileTest : public testing::Test {
 protected:
  CorpusFileTest() { fs::create_directory(folder_); }
  ~CorpusFileTest() override { fs::remove_all(folder_); }

  std::string File(const char* name) const { return (folder_ / name).string(); }
  TrainingInputs Inputs(RowSource* rows, const std::string& options) const {
    TrainingInputs inputs;
    inputs.rows = rows;
    inputs.dev = dev_;
    inputs.eval_pairs = pairs_;
    inputs.options_json = options;
    return inputs;
  }
  encoder::ModelPackage TrainHere(const std::string& options) const {
    ListedRows rows(rows_);
    const auto run = StartRun(Inputs(&rows, options));
    for (Report report; run->Next(&report, {});) continue;
    return run->TakeModel();
  }
  void Export(const std::string& options) const {
    ListedRows rows(rows_);
    EXPECT_EQ(ExportCorpus(Inputs(&rows, options), File("corpus"), {}), rows_.size());
  }
  // 0 when semblance-trainer made a model in folder "model".
  int TrainThere(const std::string& more = "") const {
    const std::string command = std::string(SEMBLANCE_TRAINER) + " " + File("corpus") + " -o " +
                                File("model") + " " + more + " > " + File("out") + " 2>&1";
    return std::system(command.c_str());
  }
  std::string MessageOfReading() const {
    try {
      ReadCorpusFile(File("corpus"));
    } catch (const encoder::Error& error) {
      return error.what();
    }
    return "";
  }
  void ExpectTheSameModel(const std::string& options) const {
    const encoder::ModelPackage here = TrainHere(options);
    Export(options);
    ASSERT_EQ(TrainThere(), 0) << Read(File("out"));
    size_t files = 0;
    for (const auto& entry : fs::directory_iterator(File("model"))) {
      EXPECT_EQ(Read(entry.path()), here.File(entry.path().filename().string())) << entry.path();
      ++files;
    }
    EXPECT_EQ(files, here.files().size());
  }

  // Its own: tests run beside each other.
  const fs::path folder_ =
      fs::path(testing::TempDir()) / ("semblance_corpus_file_test." + std::to_string(getpid()));
  std::vector<std::vector<std::string>> rows_ = Rows(100, 1);
  std::vector<ScoredPair> dev_;
  std::vector<TaggedPair> pairs_;
};

TEST_F(CorpusFileTest, TheTrainerMakesTheModelThatTheDatabaseWould) {
  ExpectTheSameModel(
      TinyOptions(R"("epochs":2,"lr":0.005,"mlm_epochs":1,"mlm_weight":0.1,"augment":"crop")"));
}

TEST_F(CorpusFileTest, SoItDoesWithHardNegativesDevPairsAndShortVectors) {
  rows_ = Rows(100, 3);
  for (size_t i = 0; i < 20; ++i) dev_.push_back({rows_[i][0], rows_[i][1], i % 2 ? 5.0 : 1.5});
  for (size_t i = 0; i < 20; ++i) pairs_.push_back({rows_[i][0], rows_[i][1], "en", "en"});
  ExpectTheSameModel(TinyOptions(R"("epochs":3,"lr":0.005,"dims":[8,16],"save_dtype":"f16",)"
                                 R"("pooler":"cls","mlp_only_train":true,"patience":3)"));
  EXPECT_THAT(Read(File("out")), HasSubstr("found"));
}

TEST_F(CorpusFileTest, OnlyOptionsOfTheMachineMayBeGivenToTheTrainer) {
  Export(TinyOptions());
  EXPECT_NE(TrainThere("lr=1"), 0);
  EXPECT_THAT(Read(File("out")), HasSubstr("option \"lr\" is in the corpus"));
  EXPECT_NE(TrainThere("device=gpu"), 0);
  EXPECT_THAT(Read(File("out")), HasSubstr("one of auto, cpu, cuda, cuda:N"));
  EXPECT_FALSE(fs::exists(File("model")));
  EXPECT_EQ(TrainThere("report_every=1 device=cpu"), 0);
  EXPECT_NE(TrainThere(), 0);
  EXPECT_THAT(Read(File("out")), HasSubstr("is there already"));
}

TEST_F(CorpusFileTest, ADamagedFileIsRefusedWhereverTheDamageIs) {
  Export(TinyOptions());
  const std::string whole = Read(File("corpus"));
  EXPECT_EQ(MessageOfReading(), "");
  for (size_t place = 0; place < whole.size(); place += 1 + whole.size() / 50) {
    std::string damaged = whole;
    damaged[place] ^= 4;
    std::ofstream(File("corpus"), std::ios::binary) << damaged;
    EXPECT_THAT(MessageOfReading(), HasSubstr("is no corpus of Semblance")) << place;
  }
  for (const size_t size : {size_t{0}, size_t{7}, size_t{100}, whole.size() - 1}) {
    std::ofstream(File("corpus"), std::ios::binary) << whole.substr(0, size);
    EXPECT_THAT(MessageOfReading(), HasSubstr("is no corpus of Semblance")) << size;
  }
  fs::remove(File("corpus"));
  EXPECT_THAT(MessageOfReading(), HasSubstr("cannot read"));
}

TEST(OptionsText, GivesEveryOptionBack) {
  Options options = ParseOptions(
      R"({"lr":0.00025,"dims":[64,8],"sym":true,"pooler":"cls","device":"cuda:1","temperature":0.1})");
  ResolveOptions(2, &options);
  const std::string text = OptionsToText(options);
  EXPECT_EQ(OptionsToJson(OptionsFromText(text)), OptionsToJson(options));
  EXPECT_THROW(OptionsFromText("lr=fast\n"), encoder::Error);
  EXPECT_THROW(OptionsFromText("lr=7\n"), encoder::Error);
  EXPECT_THROW(OptionsFromText("nonsense\n"), encoder::Error);
  EXPECT_THROW(OptionsFromText("sym=perhaps\n"), encoder::Error);
}

}  // namespace
}  // namespace semblance::training
