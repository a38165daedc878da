// What a killed process leaves behind.
#include <gtest/gtest.h>

#include <algorithm>

#include "storage/format.h"
#include "storage/store.h"
#include "tests/storage/child.h"
#include "tests/storage/temp_folder.h"

namespace semblance::storage {
namespace {

class RecoveryTest : public ::testing::Test {
 protected:
  void Reopen() {
    store_.reset();
    store_ = Store::Open(temp_ / "store", TwoFamilies());
  }
  // Sorted by name.
  std::vector<std::unique_ptr<Transaction>> TakePrepared() {
    auto prepared = store_->TakePrepared();
    std::sort(prepared.begin(), prepared.end(),
              [](const auto& a, const auto& b) { return a->name() < b->name(); });
    return prepared;
  }
  TempFolder temp_;
  std::shared_ptr<Store> store_;
};

TEST_F(RecoveryTest, PreparedTransactionsOfAKilledProcessAreHandedOutAndEndEitherWay) {
  EXPECT_EQ(RunChild("prepare and die", temp_ / "store"), "");
  Reopen();
  {
    const auto prepared = TakePrepared();
    ASSERT_EQ(prepared.size(), 2u);
    EXPECT_EQ(prepared[0]->name(), "1");
    EXPECT_EQ(prepared[1]->name(), "2");
    EXPECT_TRUE(store_->Get(kA, "old"));
    EXPECT_TRUE(store_->Get(kB, "after"));
    EXPECT_FALSE(store_->Get(kA, "key1"));
    EXPECT_FALSE(store_->Get(kA, "key2"));
    EXPECT_EQ(prepared[0]->Get(kA, "key1"), "value1");
    prepared[0]->Commit(/*sync=*/true);
    prepared[1]->Rollback();
  }
  for (int open = 0; open < 2; ++open) {
    EXPECT_EQ(store_->Get(kA, "key1"), "value1");
    EXPECT_FALSE(store_->Get(kA, "key2"));
    EXPECT_FALSE(store_->Get(kA, "old"));
    Reopen();
    EXPECT_TRUE(store_->TakePrepared().empty());
  }
}

TEST_F(RecoveryTest, PreparedTransactionsWaitUntilSomebodyDecides) {
  EXPECT_EQ(RunChild("prepare and die", temp_ / "store"), "");
  Reopen();  // nobody takes them
  Reopen();
  for (const auto& transaction : TakePrepared()) transaction->Abandon();
  Reopen();
  {
    const auto prepared = TakePrepared();
    ASSERT_EQ(prepared.size(), 2u);
    prepared[0]->Rollback();
    prepared[1]->Commit(false);
  }
  Reopen();
  EXPECT_TRUE(store_->TakePrepared().empty());
  EXPECT_FALSE(store_->Get(kA, "key1"));
  EXPECT_EQ(store_->Get(kA, "key2"), "value2");
}

TEST_F(RecoveryTest, WhatAKilledProcessEndedStaysEnded) {
  EXPECT_EQ(RunChild("commit and die", temp_ / "store"), "");
  Reopen();
  EXPECT_TRUE(store_->TakePrepared().empty());
  EXPECT_EQ(store_->Get(kA, "key1"), "value1");
  EXPECT_FALSE(store_->Get(kA, "key2"));
  EXPECT_FALSE(store_->Get(kA, "never committed"));
  EXPECT_FALSE(store_->Stats().log_was_cut);
}

TEST_F(RecoveryTest, ABlobThatAKilledProcessDidNotFinishLeavesNothing) {
  EXPECT_EQ(RunChild("write half a blob and die", temp_ / "store"), "");
  Reopen();
  EXPECT_EQ(store_->OpenBlob(kA, "fresh"), nullptr);
  EXPECT_FALSE(store_->Scan(kA, "fresh")->Valid());
  const auto reader = store_->OpenBlob(kA, "replaced");
  ASSERT_NE(reader, nullptr);
  std::string bytes(reader->size(), '\0');
  reader->Read(bytes.data(), bytes.size());
  EXPECT_TRUE(bytes == std::string(3 * kChunkBytes, 'o'));
  int keys = 0;
  for (const auto cursor = store_->Scan(kA, ""); cursor->Valid(); cursor->Next()) ++keys;
  EXPECT_EQ(keys, 4) << "a header and three chunks";
}

}  // namespace
}  // namespace semblance::storage
