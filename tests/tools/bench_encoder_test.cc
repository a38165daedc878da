// semblance-bench-encoder at a size that takes no time: what it measures, and that it says so.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/tools/run_program.h"
#include "tests/tools/temp_folder.h"

namespace semblance::cli {
namespace {

using nlohmann::json;
using testing::HasSubstr;

class BenchEncoderTest : public ::testing::Test {
 protected:
  Outcome Bench(std::vector<std::string> more) {
    std::vector<std::string> arguments = {
        SEMBLANCE_BENCH_ENCODER, "--layers", "1",         "--hidden", "32", "--heads", "4",
        "--intermediate",        "64",       "--seconds", "0"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return RunProgram(arguments);
  }

  TempFolder folder_;
};

TEST_F(BenchEncoderTest, EachTextIsMeasuredWithEachNumberOfThreads) {
  const std::string text = folder_.Path("text"), file = folder_.Path("run.json");
  std::ofstream(text) << "a cat\n\nThe old bridge over the river was built of grey stone.\n";
  const Outcome outcome = Bench({"--only", "1x16", "--only", "real", "--text", text, "--json", file,
                                 "--precision", "f32", "--precision", "int8"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("--intermediate 64"));
  EXPECT_THAT(outcome.out, HasSubstr("\"seed\":1"));
  std::ifstream in(file);
  const json run = json::parse(in);
  ASSERT_EQ(run["results"].size(), 8u);
  const json& first = run["results"][0];
  EXPECT_EQ(first["text"], "1x16");
  EXPECT_EQ(first["tokens"], 16);
  EXPECT_GT(first["ms"], 0.0);
  EXPECT_FALSE(first.contains("ratio"));  // without a peer
  EXPECT_EQ(run["results"][1]["text"], "real");
  EXPECT_EQ(run["results"][7]["threads"], 2);
  const json& narrow = run["results"][2];
  EXPECT_EQ(narrow["precision"], "int8");
  EXPECT_GT(narrow["times_f32"], 0.0);
  EXPECT_GT(narrow["cosine_to_f32"], 0.9);
  EXPECT_THAT(outcome.out, HasSubstr("int8 1x16, 1 thread, times as fast as f32"));
  EXPECT_THAT(outcome.out, HasSubstr("int8 real, 2 threads, part of oneDNN's rate"));
}

TEST_F(BenchEncoderTest, TheCostOfAProcessThatEmbedsOneTextIsTold) {
  if (*SEMBLANCE_SANITIZER_RUNTIME != '\0') GTEST_SKIP() << "the shell has no sanitizer in it";
  const Outcome outcome = RunProgram({SEMBLANCE_BENCH_ENCODER, "--cold-start", "2"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, testing::ContainsRegex("fastest [0-9.]+ ms, median [0-9.]+ ms"));
}

TEST_F(BenchEncoderTest, AFolderWithoutThePeerIsAnError) {
  const Outcome outcome = Bench({"--only", "1x16", "--peers", folder_.Path("empty")});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("onnxruntime.mjs failed"));
}

}  // namespace
}  // namespace semblance::cli
