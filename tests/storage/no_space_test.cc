// A disk that fills up, and has space again.
#include <gtest/gtest.h>

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
    PutNow(store_.get(), kA, "after" + std::to_string(round), "2", /*sync=*/true);
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
  PutNow(store_.get(), kA, "after", "2", true);
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
  transaction->Commit(true);
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
  PutNow(store_.get(), kB, "after", "2", true);
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
  store_->Compact();
  disk_->Fill(".sst");  // now the tables are there, and it is the compaction proper that fails
  EXPECT_EQ(KindThrownBy([&] { store_->Compact(); }), ErrorKind::kNoSpace);
  disk_->Free();
  store_->Compact();
  PutNow(store_.get(), kA, "after", "2");
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
  PutNow(store_.get(), kA, "after", "2");
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
  PutNow(store_.get(), kA, "after", "2");
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
