#include "engine/encoder/safetensors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <random>

#include "engine/encoder/half.h"
#include "tests/encoder/fixtures.h"

namespace semblance::encoder {
namespace {

// A file with that header and that many zero bytes of data.
std::string FileOf(const std::string& header, size_t data_bytes) {
  std::string file;
  for (int i = 0; i < 8; ++i) file.push_back(static_cast<char>(header.size() >> (8 * i)));
  return file + header + std::string(data_bytes, '\0');
}

std::string SmallFile() {
  return Write({{"a", {{2, 3}, {1, 2, 3, 4, 5, 6}}}, {"b", {{2}, {-0.5f, 8}}}, {"none", {{0}, {}}}},
               DType::kF32);
}

std::optional<ErrorKind> KindOfParsing(const std::string& bytes) {
  return KindOf([&] { SafeTensors::Parse(bytes); });
}

TEST(SafeTensorsTest, WhatWasWrittenIsReadWithNamesShapesAndValues) {
  const std::string file = SmallFile();
  const SafeTensors parsed = SafeTensors::Parse(file);
  ASSERT_EQ(parsed.tensors().size(), 3u);
  ASSERT_NE(parsed.Find("a"), nullptr);
  EXPECT_EQ(parsed.Find("a")->shape, (std::vector<int64_t>{2, 3}));
  EXPECT_EQ(parsed.Find("a")->ToFloats(), (std::vector<float>{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(parsed.Find("b")->ToFloats(), (std::vector<float>{-0.5f, 8}));
  EXPECT_EQ(parsed.Find("none")->Count(), 0u);
  EXPECT_EQ(parsed.Find("c"), nullptr);
}

TEST(SafeTensorsTest, NarrowTypesRoundAndWiden) {
  for (const DType dtype : {DType::kF16, DType::kBF16}) {
    const std::string file = Write({{"a", {{3}, {1.0f, 0.1f, -3.14159f}}}}, dtype);
    const SafeTensors parsed = SafeTensors::Parse(file);
    EXPECT_EQ(parsed.Find("a")->dtype, dtype);
    const auto round = [&](float value) {
      return dtype == DType::kF16 ? HalfToFloat(FloatToHalf(value))
                                  : Bfloat16ToFloat(FloatToBfloat16(value));
    };
    EXPECT_EQ(parsed.Find("a")->ToFloats(),
              (std::vector<float>{1.0f, round(0.1f), round(-3.14159f)}));
  }
}

TEST(SafeTensorsTest, TheSameTensorsGiveTheSameBytesWithDataAlignedToEight) {
  EXPECT_EQ(SmallFile(), SmallFile());
  EXPECT_EQ(SmallFile()[0] % 8, 0);
}

TEST(SafeTensorsTest, FilesOfTheReferenceImplementationAreRead) {
  const std::string file = ReadTestFile("bert_uncased/model.safetensors");
  const SafeTensors parsed = SafeTensors::Parse(file);
  ASSERT_NE(parsed.Find("embeddings.word_embeddings.weight"), nullptr);
  EXPECT_EQ(parsed.Find("embeddings.word_embeddings.weight")->shape,
            (std::vector<int64_t>{958, 32}));
}

TEST(SafeTensorsTest, TensorsOfOtherTypesAreCheckedAndLeftOut) {
  const std::string header = R"({"ids":{"dtype":"I64","shape":[1,2],"data_offsets":[0,16]},)"
                             R"("x":{"dtype":"F32","shape":[1],"data_offsets":[16,20]}})";
  const std::string file = FileOf(header, 20);
  const SafeTensors parsed = SafeTensors::Parse(file);
  EXPECT_EQ(parsed.Find("ids"), nullptr);
  EXPECT_NE(parsed.Find("x"), nullptr);
}

TEST(SafeTensorsTest, EveryBeginningOfAFileIsRefused) {
  const std::string file = SmallFile();
  for (size_t length = 0; length < file.size(); ++length) {
    EXPECT_EQ(KindOfParsing(file.substr(0, length)), ErrorKind::kCorruption) << length;
  }
  EXPECT_EQ(KindOfParsing(file + "x"), ErrorKind::kCorruption);
}

TEST(SafeTensorsTest, FlippedBytesAreAnErrorOrAnotherFileButNeverACrash) {
  const std::string file = SmallFile();
  std::mt19937 random(7);
  int refused = 0;
  for (int round = 0; round < 5000; ++round) {
    std::string damaged = file;
    for (int i = 0; i < 1 + round % 3; ++i) {
      damaged[random() % damaged.size()] = static_cast<char>(random());
    }
    // Copied to its exact size, so that a sanitizer sees a read beyond it.
    const std::vector<char> exact(damaged.begin(), damaged.end());
    try {
      const SafeTensors parsed = SafeTensors::Parse({exact.data(), exact.size()});
      for (const auto& [name, view] : parsed.tensors()) view.ToFloats();
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kCorruption);
      ++refused;
    }
  }
  EXPECT_GT(refused, 2000);
}

TEST(SafeTensorsTest, HeadersThatLieAreRefused) {
  const std::vector<std::pair<std::string, size_t>> lies = {
      {R"([1, 2])", 0},
      {R"({"x":3})", 0},
      {R"({"x":{"shape":[1],"data_offsets":[0,4]}})", 4},
      {R"({"x":{"dtype":"F99","shape":[1],"data_offsets":[0,4]}})", 4},
      {R"({"x":{"dtype":"F32","data_offsets":[0,4]}})", 4},
      {R"({"x":{"dtype":"F32","shape":[1]}})", 4},
      {R"({"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4,8]}})", 4},
      {R"({"x":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}})", 4},
      {R"({"x":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}})", 4},
      {R"({"x":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}})", 4},
      {R"({"x":{"dtype":"F32","shape":[1],"data_offsets":[0,8]}})", 4},
      {R"({"x":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}})", 4},
      // Products that wrap around to what would fit.
      {R"({"x":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}})", 0},
      {R"({"x":{"dtype":"F32","shape":[4611686018427387905],"data_offsets":[0,4]}})", 4},
      {R"({"x":{"dtype":"F32","shape":[18446744073709551615,2],"data_offsets":[0,8]}})", 8},
      // An overlap, a hole, a rest.
      {R"({"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"y":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})",
       8},
      {R"({"x":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})", 8},
      {R"({"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", 8},
      // One name twice.
      {R"({"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})",
       4}};
  for (const auto& [header, bytes] : lies) {
    EXPECT_EQ(KindOfParsing(FileOf(header, bytes)), ErrorKind::kCorruption) << header;
  }
}

TEST(SafeTensorsTest, AHeaderLengthBeyondEveryFileIsRefusedWithoutAllocatingIt) {
  EXPECT_EQ(KindOfParsing(std::string(8, '\xff') + "{}"), ErrorKind::kCorruption);
  EXPECT_EQ(KindOfParsing(FileOf(std::string(200000, '['), 0)), ErrorKind::kCorruption);
}

TEST(SafeTensorsTest, WeightsThatAreNotFiniteAreRefused) {
  const std::string header = R"({"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})";
  std::string file = FileOf(header, 4);
  file[file.size() - 1] = '\x7f';
  file[file.size() - 2] = '\x80';
  const SafeTensors parsed = SafeTensors::Parse(file);
  EXPECT_EQ(KindOf([&] { parsed.Find("x")->ToFloats(); }), ErrorKind::kCorruption);
}

TEST(SafeTensorsTest, NarrowValuesAreGivenAsStoredUnlessTheyAreNotFinite) {
  for (const auto& [type, infinity] :
       {std::pair<std::string, uint16_t>{"F16", 0x7c00}, {"BF16", 0xff80}}) {
    const std::string header =
        R"({"x":{"dtype":")" + type + R"(","shape":[2],"data_offsets":[0,4]}})";
    std::string file = FileOf(header, 4);
    file[file.size() - 4] = '\x12';
    const SafeTensors sound = SafeTensors::Parse(file);
    EXPECT_EQ(sound.Find("x")->ToNarrow(), (std::vector<uint16_t>{0x12, 0})) << type;
    std::string damaged = file;
    damaged[file.size() - 1] = static_cast<char>(infinity >> 8);
    damaged[file.size() - 2] = static_cast<char>(infinity);
    const SafeTensors broken = SafeTensors::Parse(damaged);
    EXPECT_EQ(KindOf([&] { broken.Find("x")->ToNarrow(); }), ErrorKind::kCorruption) << type;
    EXPECT_EQ(KindOf([&] { broken.Find("x")->ToFloats(); }), ErrorKind::kCorruption) << type;
  }
}

TEST(SafeTensorsTest, WritingNamesTheTensorWhoseShapeOrValuesDoNotFit) {
  EXPECT_EQ(KindOf([] { Write({{"x", {{2}, {1}}}}, DType::kF32); }), ErrorKind::kInvalid);
  EXPECT_EQ(KindOf([] { Write({{"x", {{1}, {70000}}}}, DType::kF16); }), ErrorKind::kInvalid);
  EXPECT_EQ(KindOf([] { Write({{"x", {{1}, {70000}}}}, DType::kBF16); }), std::nullopt);
  const float infinity = std::numeric_limits<float>::infinity();
  try {
    Write({{"some.weight", {{1}, {infinity}}}}, DType::kF32);
    FAIL() << "an infinite value was written";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("some.weight"));
  }
}

}  // namespace
}  // namespace semblance::encoder
