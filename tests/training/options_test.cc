#include "engine/training/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/encoder/error.h"

namespace semblance::training {
namespace {

using testing::HasSubstr;

std::string MessageOf(const std::string& json, int columns = 1) {
  try {
    Options options = ParseOptions(json);
    ResolveOptions(columns, &options);
  } catch (const encoder::Error& error) {
    EXPECT_EQ(error.kind(), encoder::ErrorKind::kOption);
    return error.what();
  }
  return "";
}

TEST(Options, UnknownKeyNamesTheNearestValidOne) {
  EXPECT_THAT(MessageOf(R"({"epoch":3})"), HasSubstr("did you mean \"epochs\""));
  EXPECT_THAT(MessageOf(R"({"temprature":0.1})"), HasSubstr("did you mean \"temperature\""));
  EXPECT_THAT(MessageOf(R"({"batch_size":8})"), HasSubstr("\"batch_size\""));
}

TEST(Options, ValueOutOfRangeTellsTheRange) {
  EXPECT_THAT(MessageOf(R"({"batch":1})"), HasSubstr("2..16384"));
  EXPECT_THAT(MessageOf(R"({"temperature":0})"), HasSubstr("0.001..10"));
  EXPECT_THAT(MessageOf(R"({"layers":25})"), HasSubstr("0..24"));
  EXPECT_THAT(MessageOf(R"({"max_length":1e300})"), HasSubstr("4..512"));
}

TEST(Options, ValueOfAnotherTypeTellsWhatIsExpected) {
  EXPECT_THAT(MessageOf(R"({"layers":2.5})"), HasSubstr("whole number"));
  EXPECT_THAT(MessageOf(R"({"lr":"fast"})"), HasSubstr("must be a number"));
  EXPECT_THAT(MessageOf(R"({"sym":3})"), HasSubstr("true or false"));
  EXPECT_THAT(MessageOf(R"({"pooler":"max"})"), HasSubstr("avg_first_last"));
  EXPECT_THAT(MessageOf("[1]"), HasSubstr("JSON object"));
  EXPECT_THAT(MessageOf("{"), HasSubstr("JSON object"));
}

TEST(Options, ObjectiveFollowsTheColumnsAndMustFitThem) {
  for (const auto& [columns, objective] : {std::pair{1, "unsup"}, {2, "pairs"}, {3, "triplets"}}) {
    Options options = ParseOptions("{}");
    ResolveOptions(columns, &options);
    EXPECT_EQ(options.objective, objective);
  }
  EXPECT_THAT(MessageOf(R"({"objective":"triplets"})", 2), HasSubstr("needs 3"));
  EXPECT_THAT(MessageOf(R"({"objective":"unsup"})", 2), HasSubstr("needs 1"));
  EXPECT_THAT(MessageOf("{}", 4), HasSubstr("not 4"));
}

TEST(Options, ShapesThatCannotBeAreRefused) {
  EXPECT_THAT(MessageOf(R"({"hidden":100,"heads":3})"), HasSubstr("multiple of heads"));
  EXPECT_THAT(MessageOf(R"({"layers":0,"pooler":"avg_top2"})"), HasSubstr("needs layers"));
}

TEST(Options, WhatMeansNothingTogetherIsRefused) {
  EXPECT_THAT(MessageOf(R"({"augment":"crop"})", 2), HasSubstr("training query of 1 column"));
  EXPECT_THAT(MessageOf(R"({"augment":"mlm"})"), HasSubstr("mlm_epochs or mlm_weight"));
  EXPECT_THAT(MessageOf(R"({"fixed_mask":true,"augment":"crop"})"), HasSubstr("augment none"));
  EXPECT_THAT(MessageOf(R"({"dims":[64],"objective":"mlm"})"), HasSubstr("contrastive"));
  EXPECT_THAT(MessageOf(R"({"dims":[64,512]})"), HasSubstr("dims has 512"));
  EXPECT_THAT(MessageOf(R"({"dims":64})"), HasSubstr("list of whole numbers in 1..2048"));
  EXPECT_THAT(MessageOf(R"({"dims":[0]})"), HasSubstr("1..2048"));
}

TEST(Options, ADeviceIsANameOrANumberedOne) {
  for (const char* device : {"auto", "cpu", "cuda", "cuda:0", "cuda:12"}) {
    EXPECT_EQ(ParseOptions(std::string(R"({"device":")") + device + "\"}").device, device);
  }
  for (const char* device :
       {"gpu", "cuda:", "cuda:x", "cuda:-1", "cuda:0 ", "cuda:N", "cuda:9999"}) {
    EXPECT_THAT(MessageOf(std::string(R"({"device":")") + device + "\"}"),
                HasSubstr("one of auto, cpu, cuda, cuda:N"))
        << device;
  }
}

TEST(Options, DimsAreSortedAndTheWholeIsNotAmongThem) {
  Options options = ParseOptions(R"({"dims":[128,32,256,32]})");
  ResolveOptions(1, &options);
  EXPECT_EQ(options.dims, (std::vector<int64_t>{32, 128}));
}

TEST(Options, RunThatWouldExhaustMemoryIsRefused) {
  EXPECT_THAT(MessageOf(R"({"layers":24,"hidden":2048,"heads":32,"batch":16384,"max_length":512})"),
              HasSubstr("GiB"));
}

TEST(Options, ResolvedOptionsParseBackToThemselves) {
  Options options =
      ParseOptions(R"({"layers":2,"lr":0.00025,"sym":true,"pooler":"cls","name":"n","base":"b"})");
  ResolveOptions(2, &options);
  const std::string json = OptionsToJson(options);
  EXPECT_EQ(OptionsToJson(ParseOptions(json)), json);
  EXPECT_EQ(options.intermediate, 1024);
}

TEST(Options, TableDocumentsEveryOptionWithItsDefault) {
  const std::vector<OptionRow> table = OptionTable();
  const Options defaults;
  EXPECT_GE(table.size(), 30u);
  for (const OptionRow& row : table) {
    EXPECT_FALSE(row.meaning.empty()) << row.name;
    EXPECT_NO_THROW(ParseOptions("{\"" + row.name + "\":" + row.default_value + "}")) << row.name;
  }
}

}  // namespace
}  // namespace semblance::training
