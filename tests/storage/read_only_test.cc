// A store that is read beside whoever writes to it.
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <functional>
#include <set>
#include <stop_token>
#include <thread>

#include "storage/keys.h"
#include "storage/store.h"
#include "tests/storage/temp_folder.h"

namespace semblance::storage {
namespace {

OpenOptions ToRead() {
  OpenOptions options = TwoFamilies();
  options.read_only = true;
  return options;
}

class ReadOnlyTest : public ::testing::Test {
 protected:
  TempFolder temp_;
  const std::string folder_ = temp_ / "store";
};

TEST_F(ReadOnlyTest, ShowsTheStoreAsItIsWhileAnotherHasItOpen) {
  const auto writer = Store::Open(folder_, TwoFamilies());
  PutNow(writer.get(), kA, "key", "1");
  const auto blob = writer->NewBlob(kB, "blob");
  blob->Write(std::string(600000, 'b'));
  blob->Finish();
  const auto reader = Store::Open(folder_, ToRead());
  EXPECT_TRUE(reader->read_only());
  EXPECT_EQ(reader->store_id(), writer->store_id());
  PutNow(writer.get(), kA, "key", "2");
  writer->DeleteBlob(kB, "blob");
  writer->Compact();
  EXPECT_EQ(reader->Get(kA, "key"), "1");
  EXPECT_EQ(reader->OpenBlob(kB, "blob")->size(), 600000u);
  EXPECT_EQ(Store::Open(folder_, ToRead())->Get(kA, "key"), "2");
}

TEST_F(ReadOnlyTest, RefusesEveryWriteAndChangesNoFile) {
  {
    const auto store = Store::Open(folder_, TwoFamilies());
    PutNow(store.get(), kA, "key", "1");
    const auto blob = store->NewBlob(kB, "blob");
    blob->Write("bytes");
    blob->Finish();
  }
  const std::string before = FolderState(folder_);
  {
    const auto store = Store::Open(folder_, ToRead());
    for (const std::function<void()>& write : std::initializer_list<std::function<void()>>{
             [&] { store->Begin(); }, [&] { store->DeletePrefix(kA, "k"); },
             [&] { store->NewBlob(kA, "blob")->Write("x"); },
             [&] { store->DeleteBlob(kB, "blob"); }, [&] { store->Compact(); }}) {
      EXPECT_EQ(KindThrownBy(write), ErrorKind::kReadOnly);
    }
    store->Sync();
  }
  EXPECT_EQ(FolderState(folder_), before);
  EXPECT_EQ(KindThrownBy([&] { Store::Open(temp_ / "none", ToRead()); }), ErrorKind::kMissing);
  EXPECT_FALSE(std::filesystem::exists(temp_ / "none"));
}

TEST_F(ReadOnlyTest, LeavesWhatIsPreparedToWhoMayWrite) {
  {
    const auto store = Store::Open(folder_, TwoFamilies());
    const auto transaction = store->Begin();
    transaction->Put(kA, "key", "value");
    transaction->Prepare("7", true);
    transaction->Abandon();
  }
  for (int i = 0; i < 2; ++i) {
    const auto reader = Store::Open(folder_, ToRead());
    const auto prepared = reader->TakePrepared();
    ASSERT_EQ(prepared.size(), 1u);
    EXPECT_EQ(prepared[0]->name(), "7");
    EXPECT_FALSE(reader->Get(kA, "key"));
    prepared[0]->Abandon();
  }
  EXPECT_EQ(Store::Open(folder_, TwoFamilies())->TakePrepared().size(), 1u);
}

// A log that was flushed and removed while a reader opened the store left a hole in what it saw.
TEST_F(ReadOnlyTest, NeverHasALaterWriteWithoutAnEarlierOne) {
  std::atomic<int> written{0};
  const auto store = Store::Open(folder_, TwoFamilies());
  std::jthread writer([&](const std::stop_token& stop) {
    const std::string large(20000, 'x');
    for (int i = 0; !stop.stop_requested(); ++i) {
      std::string key;
      AppendU32(&key, static_cast<uint32_t>(i));
      PutNow(store.get(), kA, key, large);
      written = i + 1;
      if (i % 50 == 49) store->Compact();
    }
  });
  for (int round = 0; round < 30; ++round) {
    const int at_least = written;
    const auto reader = Store::Open(folder_, ToRead());
    uint32_t expected = 0;
    for (const auto cursor = reader->Scan(kA, ""); cursor->Valid(); cursor->Next(), ++expected) {
      std::string_view key = cursor->Key();
      ASSERT_EQ(TakeU32(&key), expected);
      ASSERT_EQ(cursor->Value().size(), 20000u);
    }
    ASSERT_GE(expected, static_cast<uint32_t>(at_least));
  }
}

TEST_F(ReadOnlyTest, TheStateOfTheFolderTellsEachWriteFromTheLast) {
  EXPECT_EQ(FolderState(folder_), "");
  const auto store = Store::Open(folder_, TwoFamilies());
  std::set<std::string> states = {FolderState(folder_)};
  for (int i = 0; i < 5; ++i) {
    PutNow(store.get(), kA, "key", "value");
    EXPECT_TRUE(states.insert(FolderState(folder_)).second);
  }
  store->Get(kA, "key");
  EXPECT_FALSE(states.insert(FolderState(folder_)).second);
}

TEST_F(ReadOnlyTest, WhatWasWrittenIsCountedOverOpenings) {
  for (int round = 1; round <= 3; ++round) {
    const auto store = Store::Open(folder_, TwoFamilies());
    const StoreStats before = store->Stats();
    PutNow(store.get(), kA, "key" + std::to_string(round), std::string(100000, 'x'));
    store->Compact();
    const StoreStats stats = store->Stats();
    const auto at_least = static_cast<uint64_t>(round) * 100000;
    for (uint64_t bytes : {stats.given_bytes, stats.log_bytes, stats.table_bytes}) {
      EXPECT_GE(bytes, at_least);
      EXPECT_LT(bytes, 10 * at_least);
    }
    EXPECT_GE(stats.folder_bytes, at_least);
    EXPECT_GE(stats.folder_bytes, stats.disk_bytes);
    EXPECT_GE(before.given_bytes, static_cast<uint64_t>(round - 1) * 100000);
  }
  EXPECT_GE(Store::Open(folder_, ToRead())->Stats().given_bytes, 300000u);
}

}  // namespace
}  // namespace semblance::storage
