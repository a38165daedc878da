// Files that torch.save wrote (data/torch), files that it would not have written, and damaged ones.
#include "engine/encoder/torch_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "engine/encoder/zip_entries.h"
#include "tests/encoder/fixtures.h"
#include "tests/encoder/torch_fixtures.h"

namespace semblance::encoder {
namespace {

using nlohmann::json;
using testing::HasSubstr;

std::string MessageOf(const std::string& bytes) {
  try {
    TorchFile::Parse(bytes);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

class TorchFileTest : public testing::TestWithParam<const char*> {};

TEST_P(TorchFileTest, ViewsAndTypesAreReadAsTheyWereSaved) {
  const json expected = json::parse(ReadTestFile("torch/views_and_dtypes.json"));
  const std::string bytes = ReadTestFile(GetParam());
  const TorchFile file = TorchFile::Parse(bytes);
  ASSERT_EQ(file.tensors().size(), expected.size());
  for (const auto& [name, wanted] : expected.items()) {
    ASSERT_EQ(file.tensors().count(name), 1u) << name;
    const TorchTensor& tensor = file.tensors().at(name);
    EXPECT_EQ(json(tensor.shape), wanted["shape"]) << name;
    EXPECT_EQ(json(tensor.strides), wanted["stride"]) << name;
    EXPECT_EQ(tensor.offset, wanted["storage_offset"].get<uint64_t>()) << name;
    std::vector<float> values;
    for (const json& value : wanted["values"]) {
      values.push_back(value.is_boolean() ? static_cast<float>(value.get<bool>())
                                          : value.get<float>());
    }
    EXPECT_EQ(tensor.ToFloats(), values) << name;
  }
}

TEST_P(TorchFileTest, NoBeginningOfTheFileIsTakenForTheWhole) {
  const std::string bytes = ReadTestFile(GetParam());
  for (size_t length = 0; length < bytes.size(); ++length) {
    EXPECT_EQ(KindOf([&] { TorchFile::Parse(std::string_view(bytes).substr(0, length)); }),
              ErrorKind::kCorruption)
        << length << " of " << bytes.size();
  }
}

TEST_P(TorchFileTest, DamageIsAnErrorOrReadsOtherNumbers) {
  const std::string bytes = ReadTestFile(GetParam());
  DamageAndTry(bytes, 20000, [](const std::string& damaged) {
    const TorchFile file = TorchFile::Parse(damaged);
    for (const auto& [name, tensor] : file.tensors()) tensor.ToFloats();
  });
}

INSTANTIATE_TEST_SUITE_P(All, TorchFileTest,
                         testing::Values("torch/views_and_dtypes.bin",
                                         "torch/views_and_dtypes_legacy.bin",
                                         "torch/nested_state_dict.bin"),
                         [](const auto& file) {
                           const std::string name = file.param;
                           return name.substr(6, name.size() - 10);
                         });

TEST(TorchTypesTest, HalvesStayHalvesAndDoublesBecomeFloats) {
  const std::string bytes = ReadTestFile("torch/bert_uncased_f16.bin");
  const TorchFile file = TorchFile::Parse(bytes);
  EXPECT_EQ(file.tensors().at("pooler.dense.bias").NearestType(), DType::kF16);
  EXPECT_EQ(file.tensors().at("embeddings.position_ids").type, TorchType::kI64);
  const std::string views = ReadTestFile("torch/views_and_dtypes.bin");
  EXPECT_EQ(TorchFile::Parse(views).tensors().at("f64").NearestType(), DType::kF32);
}

TEST(TorchPickleTest, NothingThatAPickleNamesIsRunAndItIsNamed) {
  // (global, what a program would do with it)
  for (const auto& [global, name] :
       {std::pair<std::string, std::string>{"cos\nsystem\n", "os.system"},
        {"cbuiltins\neval\n", "builtins.eval"},
        {"ctorch._utils\n_rebuild_sparse_tensor\n", "torch._utils._rebuild_sparse_tensor"},
        {"\x8c\2os\x8c\6system\x93", "os.system"}}) {
    const std::string pickle = std::string("\x80\2").append(global) + "U\4true\x85R.";
    const std::string message = MessageOf(ZipOf({{"a/data.pkl", pickle}}));
    EXPECT_THAT(message, HasSubstr("asks for Python's " + name + ";"));
  }
}

TEST(TorchPickleTest, OpcodesThatTensorsDoNotNeedAreNamed) {
  EXPECT_THAT(MessageOf(ZipOf({{"a/data.pkl", std::string("\x80\2}\x81.")}})), HasSubstr("0x81"));
  EXPECT_THAT(MessageOf(ZipOf({{"a/data.pkl", std::string("\x80\2i")}})), HasSubstr("0x69"));
}

TEST(TorchPickleTest, ADictThatIsNoStateDictAndAProgramAreRefused) {
  EXPECT_THAT(MessageOf(ZipOf({{"a/data.pkl", "\x80\2]."}})), HasSubstr("no state dict"));
  EXPECT_THAT(MessageOf(ZipOf({{"a/data.pkl", "\x80\2}."}, {"a/constants.pkl", ""}})),
              HasSubstr("TorchScript"));
  EXPECT_THAT(MessageOf(ZipOf({{"a/data.pkl", "\x80\2}."}, {"a/byteorder", "big"}})),
              HasSubstr("big-endian"));
  EXPECT_THAT(MessageOf(ZipOf({{"a/weights", "x"}})), HasSubstr("no data.pkl"));
  EXPECT_THAT(MessageOf("hello"), HasSubstr("torch.save did not write it"));
  EXPECT_EQ(MessageOf(ZipOf({{"a/data.pkl", "\x80\2}."}})), "");
}

TEST(TorchPickleTest, DeepAndLongPicklesNeedNoDeepStackAndNoEndlessMemory) {
  // Tuples inside tuples, parameters inside parameters, and a list that is in itself.
  std::string tuples = "\x80\2)";
  for (int i = 0; i < 900000; ++i) tuples += '\x85';
  EXPECT_THAT(MessageOf(ZipOf({{"a/data.pkl", tuples + "."}})), HasSubstr("no state dict"));
  std::string parameters = "\x80\2}U\1wctorch._utils\n_rebuild_parameter\nq\1";
  for (int i = 1; i < 300000; ++i) parameters += "h\1";
  parameters += "N";
  for (int i = 0; i < 300000; ++i) parameters += "\x85R";
  const std::string nested = ZipOf({{"a/data.pkl", parameters + "s."}});
  EXPECT_TRUE(TorchFile::Parse(nested).tensors().empty());
  EXPECT_THAT(MessageOf(ZipOf({{"a/data.pkl", "\x80\2]q\1h\1a."}})), HasSubstr("no state dict"));
  EXPECT_THAT(MessageOf(ZipOf({{"a/data.pkl", std::string("\x80\2").append(3 << 20, '}')}})),
              HasSubstr("too many values"));
  const std::string long_text("\x80\2X\xff\xff\xff\x7f", 7);
  EXPECT_THAT(MessageOf(ZipOf({{"a/data.pkl", long_text}})), HasSubstr("cut off"));
}

TEST(TorchTensorTest, TensorsThatReachOutsideTheirStorageAreRefused) {
  const std::string eight(32, '\1');
  EXPECT_EQ(MessageOf(StateDictFile({2, 4}, {4, 1}, 0, eight)), "");
  EXPECT_EQ(MessageOf(StateDictFile({2, 2}, {4, 1}, 2, eight)), "");
  for (const auto& [shape, strides, offset] :
       {std::tuple<std::vector<int32_t>, std::vector<int32_t>, int32_t>{{2, 4}, {4, 1}, 1},
        {{3, 4}, {4, 1}, 0},
        {{2, 4}, {5, 1}, 0},
        {{1}, {1}, 8},
        {{2147483647, 2147483647}, {2147483647, 2147483647}, 0},
        {{2, 2}, {2147483647, 2147483647}, 0}}) {
    EXPECT_THAT(MessageOf(StateDictFile(shape, strides, offset, eight)),
                HasSubstr("the tensor w reaches outside its storage"));
  }
  for (const auto& [shape, strides, offset] :
       {std::tuple<std::vector<int32_t>, std::vector<int32_t>, int32_t>{{-1}, {1}, 0},
        {{1}, {-1}, 0},
        {{1}, {1}, -1},
        {{1, 1}, {1}, 0}}) {
    EXPECT_EQ(KindOf([&] { TorchFile::Parse(StateDictFile(shape, strides, offset, eight)); }),
              ErrorKind::kCorruption);
  }
}

TEST(TorchTensorTest, AWindowThatRepeatsElementsGetsNoMemory) {
  const std::string bytes = StateDictFile({2147483647, 2147483647}, {0, 0}, 0, "abcd");
  const TorchFile file = TorchFile::Parse(bytes);
  EXPECT_EQ(KindOf([&] { file.tensors().at("w").ToFloats(); }), ErrorKind::kCorruption);
}

TEST(TorchTensorTest, WhatIsNotFiniteIsRefused) {
  const std::string bytes = StateDictFile({1}, {1}, 0, std::string("\0\0\x80\x7f", 4));
  const TorchFile file = TorchFile::Parse(bytes);
  EXPECT_EQ(KindOf([&] { file.tensors().at("w").ToFloats(); }), ErrorKind::kCorruption);
}

TEST(ZipEntriesTest, SizesOfLargeFilesStandInTheExtraField) {
  const std::string file = ZipOf({{"a/one", "12345"}, {"a/two", "678"}}, true);
  const auto entries = ReadZipEntries(file);
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries.at("a/one"), "12345");
  EXPECT_EQ(entries.at("a/two"), "678");
  std::string short_field = file;
  short_field[file.find("PK\1\2") + 46 + 5 + 2] = 16;
  EXPECT_EQ(KindOf([&] { ReadZipEntries(short_field); }), ErrorKind::kCorruption);
}

TEST(ZipEntriesTest, EntriesThatAreCompressedOrLieAreRefused) {
  const std::string good = ZipOf({{"a/data.pkl", "\x80\2}."}, {"a/data/0", "12345678"}});
  ASSERT_EQ(MessageOf(good), "");
  const size_t central = good.find("PK\1\2");
  std::string deflated = good;
  deflated[central + 10] = 8;
  EXPECT_THAT(MessageOf(deflated), HasSubstr("compressed"));
  std::string longer = good;
  longer[central + 24] = longer[central + 20] = '\x7f';
  EXPECT_THAT(MessageOf(longer), HasSubstr("cut off"));
  std::string elsewhere = good;
  elsewhere[central + 42] = 1;
  EXPECT_THAT(MessageOf(elsewhere), HasSubstr("another entry"));
  EXPECT_THAT(MessageOf(ZipOf({{"a/data.pkl", "\x80\2}."}, {"a/data.pkl", "\x80\2}."}})),
              HasSubstr("stands twice"));
}

}  // namespace
}  // namespace semblance::encoder
