// A disk that fills up, and has space again.
#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <random>

#include "storage/database_internal.h"
#include "tests/storage/failing_files.h"
#include "tests/storage/temp_folder.h"

namespace semblance::storage {
namespace {

class NoSpaceTest : public ::testing::Test {
 protected:
  NoSpaceTest() {
    Open();
    PutNow(store_.get(), kA, "before", "1", /*sync=*/true);
  }
  void Open() { store_ = OpenIn(NewFailingEnv(disk_), temp_ / "store", TwoFamilies()); }
  void Reopen() {
    store_.reset();
    Open();
  }
  ErrorKind KindOfPut() {
    return KindThrownBy([&] { PutNow(store_.get(), kA, "refused", std::string(100, 'x')); });
  }
  // The disk has space; RocksDB notices in its own time.
  template <typename Call>
  void WhenThereIsSpace(Call call) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(2);
    for (;;) {
      try {
        return call();
      } catch (const Error& error) {
        if (error.kind() != ErrorKind::kNoSpace || std::chrono::steady_clock::now() > deadline) {
          throw;
        }
      }
    }
  }
  void PutWhenThereIsSpace(Family family, const std::string& key, const std::string& value) {
    WhenThereIsSpace([&] { PutNow(store_.get(), family, key, value, /*sync=*/true); });
  }
  TempFolder temp_;
  std::shared_ptr<FullDisk> disk_ = std::make_shared<FullDisk>();
  std::shared_ptr<Store> store_;
};

TEST_F(NoSpaceTest, TheStoreStaysReadableAndIsWritableOnceThereIsSpace) {
  for (int round = 0; round < 3; ++round) {
    disk_->Fill();
    EXPECT_EQ(KindOfPut(), ErrorKind::kNoSpace);
    EXPECT_EQ(KindOfPut(), ErrorKind::kNoSpace);
    EXPECT_EQ(store_->Get(kA, "before"), "1");
    EXPECT_FALSE(store_->Get(kA, "refused"));
    disk_->Free();
    PutWhenThereIsSpace(kA, "after" + std::to_string(round), "2");
    EXPECT_EQ(store_->Get(kA, "after" + std::to_string(round)), "2");
  }
  Reopen();
  EXPECT_EQ(store_->Get(kA, "before"), "1");
  for (int round = 0; round < 3; ++round) {
    EXPECT_EQ(store_->Get(kA, "after" + std::to_string(round)), "2");
  }
}

TEST_F(NoSpaceTest, TheVeryFirstWriteAfterAnOpenMayFail) {
  Reopen();
  Reopen();  // every memtable is empty now
  disk_->Fill();
  EXPECT_EQ(KindOfPut(), ErrorKind::kNoSpace);
  disk_->Free();
  PutWhenThereIsSpace(kA, "after", "2");
  Reopen();
  EXPECT_EQ(store_->Get(kA, "after"), "2");
}

TEST_F(NoSpaceTest, APreparedTransactionIsCommittedWhenThereIsSpaceAgain) {
  const auto transaction = store_->Begin();
  transaction->Put(kA, "prepared", "3");
  transaction->Prepare("7", true);
  disk_->Fill();
  EXPECT_EQ(KindThrownBy([&] { transaction->Commit(true); }), ErrorKind::kNoSpace);
  EXPECT_EQ(KindThrownBy([&] { transaction->Commit(true); }), ErrorKind::kNoSpace);
  EXPECT_FALSE(store_->Get(kA, "prepared"));
  EXPECT_EQ(KindThrownBy([&] { transaction->Rollback(); }), ErrorKind::kInvalid)
      << "the log may hold the commit";
  disk_->Free();
  WhenThereIsSpace([&] { transaction->Commit(true); });
  EXPECT_EQ(store_->Get(kA, "prepared"), "3");
  PutNow(store_.get(), kA, "after", "2");
  Reopen();
  EXPECT_TRUE(store_->TakePrepared().empty());
  EXPECT_EQ(store_->Get(kA, "prepared"), "3");
  EXPECT_EQ(store_->Get(kA, "after"), "2");
}

TEST_F(NoSpaceTest, APreparedTransactionSurvivesTheFullDiskOfAnother) {
  auto waiting = store_->Begin();
  waiting->Put(kA, "prepared", "3");
  waiting->Prepare("7", true);
  disk_->Fill();
  EXPECT_EQ(KindOfPut(), ErrorKind::kNoSpace);
  auto other = store_->Begin();
  other->Put(kA, "other", "4");
  EXPECT_EQ(KindThrownBy([&] { other->Prepare("8", true); }), ErrorKind::kNoSpace);
  disk_->Free();
  PutWhenThereIsSpace(kB, "after", "2");
  store_->Compact();
  PutNow(store_.get(), kB, "after compaction", "2", true);
  waiting->Abandon();
  waiting.reset();
  other.reset();
  Reopen();
  const auto prepared = store_->TakePrepared();
  ASSERT_EQ(prepared.size(), 1u);
  EXPECT_EQ(prepared[0]->name(), "7");
  prepared[0]->Commit(true);
  EXPECT_EQ(store_->Get(kA, "prepared"), "3");
  EXPECT_EQ(store_->Get(kB, "after"), "2");
  EXPECT_EQ(store_->Get(kB, "after compaction"), "2");
  EXPECT_FALSE(store_->Get(kA, "other"));
}

TEST_F(NoSpaceTest, ACompactionThatFindsNoSpaceIsTakenUpLater) {
  disk_->Fill(".sst");
  EXPECT_EQ(KindThrownBy([&] { store_->Compact(); }), ErrorKind::kNoSpace);
  EXPECT_EQ(KindOfPut(), ErrorKind::kNoSpace);
  disk_->Free();
  WhenThereIsSpace([&] { store_->Compact(); });
  disk_->Fill(".sst");  // now the tables are there, and it is the compaction proper that fails
  EXPECT_EQ(KindThrownBy([&] { store_->Compact(); }), ErrorKind::kNoSpace);
  disk_->Free();
  WhenThereIsSpace([&] { store_->Compact(); });
  PutWhenThereIsSpace(kA, "after", "2");
  Reopen();
  EXPECT_EQ(store_->Get(kA, "before"), "1");
  EXPECT_EQ(store_->Get(kA, "after"), "2");
}

TEST_F(NoSpaceTest, ABlobThatDoesNotFitLeavesNothing) {
  {
    const auto writer = store_->NewBlob(kA, "blob");
    writer->Write(std::string(2 * kChunkBytes, 'b'));
    disk_->Fill();
    EXPECT_EQ(KindThrownBy([&] { writer->Write(std::string(kChunkBytes, 'b')); }),
              ErrorKind::kNoSpace);
  }
  EXPECT_EQ(store_->OpenBlob(kA, "blob"), nullptr);
  disk_->Free();
  PutWhenThereIsSpace(kA, "after", "2");
  Reopen();
  EXPECT_EQ(store_->OpenBlob(kA, "blob"), nullptr);
  EXPECT_FALSE(store_->Scan(kA, "blob")->Valid());
}

TEST_F(NoSpaceTest, ALargeTransactionThatFailsHalfwayIsNotThereAtAll) {
  auto prepared = store_->Begin();
  prepared->Put(kA, "prepared", "3");
  prepared->Prepare("7", true);
  {
    const auto large = store_->Begin();
    for (int i = 0; i < 200; ++i) {
      large->Put(kA, "large" + std::to_string(i), std::string(40000, 'x'));
    }
    disk_->Fill(".log", 5 << 20);  // several of RocksDB's writes fit
    EXPECT_EQ(KindThrownBy([&] { large->Commit(true); }), ErrorKind::kNoSpace);
  }
  disk_->Free();
  PutWhenThereIsSpace(kA, "after", "2");
  prepared->Abandon();
  prepared.reset();
  for (int open = 0; open < 2; ++open) {
    EXPECT_FALSE(store_->Scan(kA, "large")->Valid());
    EXPECT_EQ(store_->Get(kA, "after"), "2");
    Reopen();
    EXPECT_FALSE(store_->Stats().log_was_cut);
  }
  EXPECT_EQ(store_->TakePrepared().size(), 1u);
}

// A map tells what the store should hold after each of many writes, some of which find no space.
TEST_F(NoSpaceTest, WhateverFailsTheStoreHoldsWhatItSaidItDid) {
  std::map<std::string, std::string> expected = {{"before", "1"}};
  std::mt19937 random(5);
  const auto commit_when_there_is_space = [&](Transaction* transaction) {
    try {
      transaction->Commit(random() % 2 == 0);
    } catch (const Error& error) {
      ASSERT_EQ(error.kind(), ErrorKind::kNoSpace) << error.what();
      disk_->Free();
      WhenThereIsSpace([&] { transaction->Commit(true); });
    }
  };
  for (int round = 0; round < 40; ++round) {
    if (random() % 3 != 0) disk_->Fill("", random() % 30000);
    for (int write = 0; write < 4; ++write) {
      const std::string key = "key" + std::to_string(random() % 40);
      const std::string value = std::to_string(round) + std::string(random() % 9000, 'v');
      const auto transaction = store_->Begin();
      transaction->Put(kA, key, value);
      try {
        if (random() % 2 == 0) {
          transaction->Prepare(std::to_string(round * 10 + write), true);
          commit_when_there_is_space(transaction.get());
        } else {
          transaction->Commit(random() % 2 == 0);
        }
        expected[key] = value;
      } catch (const Error& error) {
        ASSERT_EQ(error.kind(), ErrorKind::kNoSpace) << error.what();
      }
    }
    disk_->Free();
    PutWhenThereIsSpace(kB, "space", "");
    if (random() % 3 == 0) Reopen();
    for (const auto& transaction : store_->TakePrepared()) {
      ADD_FAILURE() << transaction->name() << " was handed out in round " << round;
    }
    std::map<std::string, std::string> found;
    for (const auto cursor = store_->Scan(kA, ""); cursor->Valid(); cursor->Next()) {
      found.emplace(cursor->Key(), cursor->Value());
    }
    ASSERT_TRUE(found == expected) << "round " << round;
  }
}

TEST_F(NoSpaceTest, AStoreThatCannotBeCreatedCanBeCreatedLater) {
  disk_->Fill();
  const auto create = [&] { return OpenIn(NewFailingEnv(disk_), temp_ / "new", TwoFamilies()); };
  EXPECT_EQ(KindThrownBy(create), ErrorKind::kNoSpace);
  disk_->Free();
  const auto store = create();
  PutNow(store.get(), kA, "key", "value");
  EXPECT_EQ(store->Get(kA, "key"), "value");
}

}  // namespace
}  // namespace semblance::storage
