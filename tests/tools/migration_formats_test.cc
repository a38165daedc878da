// What is read of others' formats, and what happens when it is not as it should be.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <stdexcept>
#include <string>

#include "tools/cli/flat_index_bytes.h"
#include "tools/cli/vec0_definition.h"

namespace semblance::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Kind = Vec0Column::Kind;
using Element = Vec0Column::Element;

TEST(Vec0DefinitionTest, EverySpellingOfAColumnIsUnderstood) {
  const auto columns = ParseVec0Definition(
      "CREATE VIRTUAL TABLE t USING vec0(\n id integer primary key, user_id text Partition  Key,"
      " a float[768] distance_metric=cosine, b INT8[4], \"the bits\" bit [16], c f32[2],"
      " + body text, chunk_size = 8, ok bool, n)");
  ASSERT_EQ(columns.size(), 9u);
  EXPECT_EQ(columns[0].kind, Kind::kPrimaryKey);
  EXPECT_EQ(columns[0].type, "INTEGER");
  EXPECT_EQ(columns[1].kind, Kind::kPartition);
  EXPECT_EQ(columns[2].metric, "cosine");
  EXPECT_EQ(columns[2].vector_bytes(), 3072u);
  EXPECT_EQ(columns[3].element, Element::kInt8);
  EXPECT_EQ(columns[3].metric, "l2");
  EXPECT_EQ(columns[4].name, "the bits");
  EXPECT_EQ(columns[4].vector_bytes(), 2u);
  EXPECT_EQ(columns[5].number, 3);
  EXPECT_EQ(columns[6].kind, Kind::kAuxiliary);
  EXPECT_EQ(columns[6].name, "body");
  EXPECT_EQ(columns[7].type, "BOOLEAN");
  EXPECT_EQ(columns[7].number, 0);
  EXPECT_EQ(columns[8].kind, Kind::kMetadata);
  EXPECT_THROW(ParseVec0Definition("CREATE VIRTUAL TABLE t USING vec0"), std::runtime_error);
}

template <typename T>
void Put(std::string* bytes, T value) {
  bytes->append(reinterpret_cast<const char*>(&value), sizeof(value));
}

void PutHeader(std::string* bytes, const char* letters, int64_t count) {
  bytes->append(letters);
  Put<int32_t>(bytes, 2);
  Put(bytes, count);
  Put<int64_t>(bytes, 0);
  Put<int64_t>(bytes, 0);
  Put<uint8_t>(bytes, 1);
  Put<int32_t>(bytes, 1);
}

std::string Index(const char* inner = "IxF2", uint64_t floats = 4) {
  std::string bytes;
  PutHeader(&bytes, "IxM2", 2);
  PutHeader(&bytes, inner, 2);
  Put(&bytes, floats);
  for (float number : {1.0f, 2.0f, 3.0f, 4.0f}) Put(&bytes, number);
  Put<uint64_t>(&bytes, 2);
  Put<int64_t>(&bytes, 7);
  Put<int64_t>(&bytes, 9);
  return bytes;
}

std::string ErrorOf(const std::string& bytes) {
  try {
    ReadFlatIndex(bytes);
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "no error";
}

TEST(FlatIndexBytesTest, VectorsAndTheirIdsAreRead) {
  const FlatIndex index = ReadFlatIndex(Index());
  EXPECT_EQ(index.dimension, 2u);
  EXPECT_FALSE(index.inner_product);
  EXPECT_THAT(index.ids, ElementsAre(7, 9));
  EXPECT_THAT(index.vectors, ElementsAre(1, 2, 3, 4));
}

TEST(FlatIndexBytesTest, WhatIsCutOffOrContradictsItselfIsRefused) {
  const std::string whole = Index();
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_NE(ErrorOf(whole.substr(0, size)), "no error") << size;
  }
  EXPECT_THAT(ErrorOf(Index("IwFl")), HasSubstr("an index of the kind IwFl"));
  EXPECT_THAT(ErrorOf(Index("IxF2", uint64_t{1} << 62)), HasSubstr("ends too early"));
  EXPECT_NE(ErrorOf(Index("IxF2", 2)), "no error");
}

}  // namespace
}  // namespace semblance::cli
