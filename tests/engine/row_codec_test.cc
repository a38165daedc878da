#include "engine/row_codec.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "storage/keys.h"
#include "tests/engine/sample_collection.h"

namespace semblance::engine {
namespace {

std::string EncodedRow(std::span<const float> vector) {
  std::string value = "what was there before";
  EncodeRowInto(vector, &value);
  return value;
}

TEST(RowCodecTest, KeysSortByRowIdThenNewestCommitFirst) {
  std::vector<std::string> keys;
  for (int64_t row_id : {std::numeric_limits<int64_t>::min(), int64_t{-1}, int64_t{0}, int64_t{1},
                         std::numeric_limits<int64_t>::max()}) {
    for (uint64_t commit :
         {std::numeric_limits<uint64_t>::max(), uint64_t{300}, uint64_t{2}, uint64_t{1}}) {
      keys.push_back(RowKey(9, row_id, commit));
      EXPECT_EQ(RowIdOf(keys.back()), row_id);
      EXPECT_EQ(storage::CommitOf(keys.back()), commit);
      EXPECT_TRUE(keys.back().starts_with(RowBase(9, row_id)));
    }
  }
  EXPECT_TRUE(std::is_sorted(keys.begin(), keys.end()));
}

TEST(RowCodecTest, LogKeysSortByCommitThenRowId) {
  EXPECT_LT(LogKey(9, 1, 5), LogKey(9, 2, -5));
  EXPECT_LT(LogKey(9, 2, -5), LogKey(9, 2, 5));
  const LogEntry entry = ParseLogKey(LogKey(9, 300, -7));
  EXPECT_EQ(entry.commit, 300u);
  EXPECT_EQ(entry.row_id, -7);
}

TEST(RowCodecTest, EveryKeyOfACollectionHasItsPrefix) {
  const std::string prefix = CollectionPrefix(0x0102030405060708);
  EXPECT_EQ(prefix, "\x01\x02\x03\x04\x05\x06\x07\x08");
  EXPECT_TRUE(RowKey(0x0102030405060708, 1, 1).starts_with(prefix));
  EXPECT_TRUE(LogKey(0x0102030405060708, 1, 1).starts_with(prefix));
  EXPECT_TRUE(SegmentKey(0x0102030405060708, 1, 's').starts_with(prefix));
}

TEST(RowCodecTest, VectorsAndTombstonesComeBack) {
  const std::vector<float> vector = {1.5f, -0.0f, std::numeric_limits<float>::max()};
  EXPECT_EQ(DecodeVector(EncodedRow(vector), 3), vector);
  EXPECT_FALSE(DecodeVector(kTombstone, 3));
}

TEST(RowCodecTest, AVectorOfAnotherSizeOrKindIsCorrupt) {
  const std::string value = EncodedRow(std::vector<float>{1, 2, 3});
  std::string other = value;
  other[0] = 'X';
  for (const std::string& bad :
       {value.substr(0, value.size() - 1), value + "x", std::string(), other}) {
    EXPECT_EQ(KindThrownBy([&] { DecodeVector(bad, 3); }), ErrorKind::kCorruption);
  }
}

TEST(RowCodecTest, HexNumbersComeBackAndOthersAreRefused) {
  for (uint64_t number : {uint64_t{0}, uint64_t{0xabc}, std::numeric_limits<uint64_t>::max()}) {
    EXPECT_EQ(Hex(number).size(), 16u);
    EXPECT_EQ(FromHex(Hex(number)), number);
  }
  for (const char* bad : {"", "12", "00000000000000000", "000000000000000g", "-00000000000000a"}) {
    EXPECT_EQ(KindThrownBy([&] { FromHex(bad); }), ErrorKind::kCorruption) << bad;
  }
}

TEST(RowCodecTest, KeysTooShortAreCorruptNotACrash) {
  EXPECT_THROW(ParseLogKey("short"), storage::Error);
  EXPECT_THROW(RowIdOf(""), storage::Error);
}

}  // namespace
}  // namespace semblance::engine
