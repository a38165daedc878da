#include "storage/store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <thread>

#include "tests/storage/temp_folder.h"

namespace semblance::storage {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> KeysOf(const Store& store, Family family, std::string_view prefix) {
  std::vector<std::string> keys;
  for (const auto cursor = store.Scan(family, prefix); cursor->Valid(); cursor->Next()) {
    keys.emplace_back(cursor->Key());
  }
  return keys;
}

class StoreTest : public ::testing::TestWithParam<bool> {
 protected:
  StoreTest() {
    OpenOptions options = TwoFamilies();
    options.in_memory = GetParam();
    store_ = Store::Open(temp_ / "store", options);
  }
  TempFolder temp_;
  std::shared_ptr<Store> store_;
};
INSTANTIATE_TEST_SUITE_P(OnDiskAndInMemory, StoreTest, ::testing::Bool(),
                         [](const auto& suite) { return suite.param ? "InMemory" : "OnDisk"; });

TEST_P(StoreTest, ReturnsWhatWasPutAndNothingElse) {
  EXPECT_FALSE(store_->Get(kA, "key"));
  PutNow(store_.get(), kA, "key", "value");
  EXPECT_EQ(store_->Get(kA, "key"), "value");
  EXPECT_FALSE(store_->Get(kB, "key"));
  EXPECT_FALSE(store_->Get(kA, "ke"));
}

TEST_P(StoreTest, KeepsAnyBytesAndEmptyKeysAndValues) {
  const std::string zeros("\0\0\xff\0", 4);
  PutNow(store_.get(), kA, "", zeros);
  PutNow(store_.get(), kA, zeros, "");
  EXPECT_EQ(store_->Get(kA, ""), zeros);
  EXPECT_EQ(store_->Get(kA, zeros), "");
}

TEST_P(StoreTest, ManyAreReadAtOnceInAnyOrder) {
  for (int i = 0; i < 300; ++i) {
    PutNow(store_.get(), kA, "key" + std::to_string(i), std::string(static_cast<size_t>(i), 'v'));
  }
  const std::vector<std::string> keys = {"key299", "key0", "nothing", "key7", "key7"};
  std::vector<int64_t> lengths(keys.size(), -2);
  store_->GetMany(kA, keys, [&](size_t i, std::optional<std::string_view> value) {
    EXPECT_EQ(lengths[i], -2) << "visited twice";
    lengths[i] = value ? static_cast<int64_t>(value->size()) : -1;
  });
  EXPECT_EQ(lengths, (std::vector<int64_t>{299, 0, -1, 7, 7}));
  store_->GetMany(kA, {}, [](size_t, std::optional<std::string_view>) { ADD_FAILURE(); });
}

TEST_P(StoreTest, AnUnknownFamilyIsInvalid) {
  EXPECT_EQ(KindThrownBy([&] { store_->Get(2, "key"); }), ErrorKind::kInvalid);
  EXPECT_EQ(KindThrownBy([&] { store_->Scan(2, ""); }), ErrorKind::kInvalid);
  EXPECT_EQ(KindThrownBy([&] { store_->Begin()->Put(99, "key", ""); }), ErrorKind::kInvalid);
  EXPECT_EQ(KindThrownBy([&] { store_->NewBlob(2, "key"); }), ErrorKind::kInvalid);
  EXPECT_EQ(KindThrownBy([&] { store_->Get(0xffffffffu - 1, "key"); }), ErrorKind::kInvalid);
}

TEST_P(StoreTest, AScanGivesTheKeysWithThePrefixInOrder) {
  for (const char* key : {"b", "ab", "a", "abc", "ac", "aa", "", "\xff", "\xff\xff"}) {
    PutNow(store_.get(), kA, key, key);
  }
  EXPECT_THAT(KeysOf(*store_, kA, "a"), ElementsAre("a", "aa", "ab", "abc", "ac"));
  EXPECT_THAT(KeysOf(*store_, kA, "ab"), ElementsAre("ab", "abc"));
  EXPECT_THAT(KeysOf(*store_, kA, "\xff"), ElementsAre("\xff", "\xff\xff"));
  EXPECT_THAT(KeysOf(*store_, kA, "c"), IsEmpty());
  EXPECT_EQ(KeysOf(*store_, kA, "").size(), 9u);
  EXPECT_THAT(KeysOf(*store_, kB, ""), IsEmpty());
}

TEST_P(StoreTest, ASeekStaysWithinThePrefix) {
  for (const char* key : {"a1", "b1", "b3", "c1"}) PutNow(store_.get(), kA, key, key);
  const auto cursor = store_->Scan(kA, "b");
  cursor->Seek("b2");
  ASSERT_TRUE(cursor->Valid());
  EXPECT_EQ(cursor->Key(), "b3");
  EXPECT_EQ(cursor->Value(), "b3");
  cursor->Seek("a");
  ASSERT_TRUE(cursor->Valid());
  EXPECT_EQ(cursor->Key(), "b1");
  cursor->Seek("b4");
  EXPECT_FALSE(cursor->Valid());
  cursor->Seek("c1");
  EXPECT_FALSE(cursor->Valid());
  EXPECT_EQ(KindThrownBy([&] { cursor->Next(); }), ErrorKind::kInvalid);
  EXPECT_EQ(KindThrownBy([&] { cursor->Key(); }), ErrorKind::kInvalid);
}

TEST_P(StoreTest, ACursorKeepsSeeingTheFamilyAsItWas) {
  PutNow(store_.get(), kA, "k1", "old");
  const auto cursor = store_->Scan(kA, "k");
  PutNow(store_.get(), kA, "k1", "new");
  PutNow(store_.get(), kA, "k2", "new");
  store_->DeletePrefix(kA, "k1");
  EXPECT_EQ(cursor->Value(), "old");
  cursor->Next();
  EXPECT_FALSE(cursor->Valid());
}

TEST_P(StoreTest, DeletePrefixRemovesThoseKeysOnly) {
  for (const char* key : {"a", "b", "ba", "b\xff", "c", "\xff", "\xff\xff"}) {
    PutNow(store_.get(), kA, key, "");
    PutNow(store_.get(), kB, key, "");
  }
  store_->DeletePrefix(kA, "b");
  EXPECT_THAT(KeysOf(*store_, kA, ""), ElementsAre("a", "c", "\xff", "\xff\xff"));
  store_->DeletePrefix(kA, "\xff");
  EXPECT_THAT(KeysOf(*store_, kA, ""), ElementsAre("a", "c"));
  store_->DeletePrefix(kA, "\xff");
  EXPECT_THAT(KeysOf(*store_, kA, ""), ElementsAre("a", "c"));
  store_->DeletePrefix(kA, "");
  EXPECT_THAT(KeysOf(*store_, kA, ""), IsEmpty());
  store_->DeletePrefix(kA, "");
  EXPECT_EQ(KeysOf(*store_, kB, "").size(), 7u);
}

TEST_P(StoreTest, CompactingChangesNothingThatIsRead) {
  for (int i = 0; i < 100; ++i) PutNow(store_.get(), kA, "k" + std::to_string(i), "v");
  store_->DeletePrefix(kA, "k1");
  const auto before = KeysOf(*store_, kA, "");
  store_->Compact();
  EXPECT_EQ(KeysOf(*store_, kA, ""), before);
  EXPECT_GT(store_->Stats().disk_bytes, 0u);
  EXPECT_EQ(store_->Get(kA, "k2"), "v");
}

TEST_P(StoreTest, ManyThreadsReadWhileOneWrites) {
  PutNow(store_.get(), kA, "n", "0");
  std::vector<std::thread> readers;
  std::atomic<bool> stop{false};
  std::atomic<int> wrong{0};
  for (int t = 0; t < 3; ++t) {
    readers.emplace_back([&] {
      int last = 0;
      while (!stop) {
        const int now = std::stoi(*store_->Get(kA, "n"));
        if (now < last) ++wrong;
        last = now;
        const auto cursor = store_->Scan(kA, "n");
        if (std::stoi(std::string(cursor->Value())) < last) ++wrong;
      }
    });
  }
  for (int i = 1; i <= 300; ++i) PutNow(store_.get(), kA, "n", std::to_string(i));
  stop = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(store_->Get(kA, "n"), "300");
}

TEST_P(StoreTest, TwoStoresOfAProcessDoNotSeeEachOther) {
  OpenOptions options = TwoFamilies();
  options.in_memory = GetParam();
  const auto other = Store::Open(temp_ / "other", options);
  PutNow(store_.get(), kA, "key", "mine");
  PutNow(other.get(), kA, "key", "other");
  EXPECT_EQ(store_->Get(kA, "key"), "mine");
  EXPECT_EQ(other->Get(kA, "key"), "other");
  EXPECT_NE(store_->store_id(), other->store_id());
  EXPECT_EQ(store_->store_id().size(), 32u);
}

TEST(StoreOnDiskTest, KeepsItsDataAndItsIdAcrossOpens) {
  TempFolder temp;
  std::string id;
  {
    const auto store = Store::Open(temp / "store", TwoFamilies());
    id = store->store_id();
    PutNow(store.get(), kA, "unsynced", "1");
    PutNow(store.get(), kB, "synced", "2", /*sync=*/true);
    store->Sync();
  }
  for (int open = 0; open < 3; ++open) {
    const auto store = Store::Open(temp / "store", TwoFamilies());
    EXPECT_EQ(store->store_id(), id);
    EXPECT_EQ(store->Get(kA, "unsynced"), "1");
    EXPECT_EQ(store->Get(kB, "synced"), "2");
  }
}

TEST(StoreOnDiskTest, LeavesNoPileOfFilesBehindManyOpens) {
  TempFolder temp;
  for (int open = 0; open < 12; ++open) {
    PutNow(Store::Open(temp / "store", TwoFamilies()).get(), kA, "key", std::to_string(open));
  }
  int log_texts = 0;
  int logs = 0;
  for (const auto& entry : std::filesystem::directory_iterator(temp / "store")) {
    if (entry.path().filename().string().rfind("LOG", 0) == 0) ++log_texts;
    if (entry.path().extension() == ".log") ++logs;
  }
  EXPECT_EQ(log_texts, 0);
  EXPECT_LT(logs, 6);
}

TEST(StoreInMemoryTest, TouchesNoDiskAndIsGoneWithTheStore) {
  TempFolder temp;
  OpenOptions options = TwoFamilies();
  options.in_memory = true;
  PutNow(Store::Open(temp / "store", options).get(), kA, "key", "value", /*sync=*/true);
  EXPECT_FALSE(std::filesystem::exists(temp / "store"));
  EXPECT_FALSE(Store::Open(temp / "store", options)->Get(kA, "key"));
}

}  // namespace
}  // namespace semblance::storage
