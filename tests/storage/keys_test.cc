#include "storage/keys.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <random>
#include <vector>

#include "tests/storage/temp_folder.h"

namespace semblance::storage {
namespace {

template <typename T, typename Append>
void ExpectByteOrderIsNumericOrder(std::vector<T> numbers, Append append) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 2000; ++i) {
    numbers.push_back(static_cast<T>(random() >> (random() % (8 * sizeof(T)))));
  }
  std::sort(numbers.begin(), numbers.end());
  std::vector<std::string> keys;
  for (const T number : numbers) {
    keys.emplace_back();
    append(&keys.back(), number);
    EXPECT_EQ(keys.back().size(), sizeof(T));
  }
  EXPECT_TRUE(std::is_sorted(keys.begin(), keys.end()));
}

TEST(KeysTest, UnsignedNumbersSortAsBytes) {
  ExpectByteOrderIsNumericOrder<uint32_t>({0, 1, 255, 256, 0xffffffffu}, AppendU32);
  ExpectByteOrderIsNumericOrder<uint64_t>({0, 1, 255, 256, ~uint64_t{0}}, AppendU64);
}

TEST(KeysTest, SignedNumbersSortAsBytesWithTheNegativeOnesFirst) {
  ExpectByteOrderIsNumericOrder<int64_t>({std::numeric_limits<int64_t>::min(), -256, -255, -1, 0, 1,
                                          255, 256, std::numeric_limits<int64_t>::max()},
                                         AppendI64);
}

TEST(KeysTest, NumbersComeBackInTheOrderTheyWentIn) {
  std::mt19937_64 random(11);
  for (int i = 0; i < 1000; ++i) {
    const auto a = static_cast<uint32_t>(random());
    const uint64_t b = random();
    const auto c = static_cast<int64_t>(random());
    std::string key;
    AppendU32(&key, a);
    AppendI64(&key, c);
    AppendU64(&key, b);
    key += "rest";
    std::string_view view = key;
    EXPECT_EQ(TakeU32(&view), a);
    EXPECT_EQ(TakeI64(&view), c);
    EXPECT_EQ(TakeU64(&view), b);
    EXPECT_EQ(view, "rest");
  }
}

TEST(KeysTest, TheBytesAreBigEndian) {
  std::string key;
  AppendU32(&key, 0x01020304);
  AppendI64(&key, -1);
  EXPECT_EQ(key, std::string("\x01\x02\x03\x04\x7f\xff\xff\xff\xff\xff\xff\xff"));
}

TEST(KeysTest, AKeyThatIsTooShortIsCorruption) {
  std::string_view three = "abc";
  std::string_view seven = "abcdefg";
  EXPECT_EQ(KindThrownBy([&] { TakeU32(&three); }), ErrorKind::kCorruption);
  EXPECT_EQ(KindThrownBy([&] { TakeU64(&seven); }), ErrorKind::kCorruption);
  EXPECT_EQ(KindThrownBy([&] { TakeI64(&seven); }), ErrorKind::kCorruption);
  EXPECT_EQ(KindThrownBy([&] { CommitOf(seven); }), ErrorKind::kCorruption);
  EXPECT_EQ(KindThrownBy([&] { BaseOf(seven); }), ErrorKind::kCorruption);
  EXPECT_EQ(three, "abc");
  EXPECT_EQ(seven, "abcdefg");
}

TEST(KeysTest, AVersionedKeySplitsIntoBaseAndCommitNewestFirst) {
  const std::string newer = VersionedKey("base", 8);
  const std::string older = VersionedKey("base", 7);
  EXPECT_LT(newer, older);
  EXPECT_EQ(BaseOf(newer), "base");
  EXPECT_EQ(CommitOf(newer), 8u);
  EXPECT_EQ(CommitOf(VersionedKey("", 0)), 0u);
  EXPECT_EQ(CommitOf(VersionedKey("", ~uint64_t{0})), ~uint64_t{0});
}

TEST(KeysTest, AReadAtACommitSeesTheNewestVersionNotAfterIt) {
  TempFolder temp;
  const auto store = Store::Open(temp / "store", TwoFamilies());
  const auto transaction = store->Begin();
  for (const uint64_t commit : {5, 9, 12}) {
    transaction->Put(kA, VersionedKey("row1", commit), "v" + std::to_string(commit));
  }
  transaction->Put(kA, VersionedKey("row2", 6), "neighbour");
  transaction->Commit(false);

  EXPECT_FALSE(GetAt(*store, kA, "row1", 4));
  for (uint64_t at = 5; at < 20; ++at) {
    const uint64_t expected = at < 9 ? 5 : at < 12 ? 9 : 12;
    const auto found = GetAt(*store, kA, "row1", at);
    ASSERT_TRUE(found) << at;
    EXPECT_EQ(found->commit, expected);
    EXPECT_EQ(found->value, "v" + std::to_string(expected));
  }
  EXPECT_FALSE(GetAt(*store, kA, "row0", 100));
  EXPECT_FALSE(GetAt(*store, kA, "row3", 100));
  EXPECT_FALSE(GetAt(*store, kB, "row1", 100));
  EXPECT_EQ(GetAt(*store, kA, "row2", ~uint64_t{0})->value, "neighbour");
}

}  // namespace
}  // namespace semblance::storage
