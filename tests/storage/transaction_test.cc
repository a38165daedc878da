#include <gtest/gtest.h>

#include <functional>
#include <vector>

#include "storage/store.h"
#include "tests/storage/temp_folder.h"

namespace semblance::storage {
namespace {

class TransactionTest : public ::testing::Test {
 protected:
  TransactionTest() { Reopen(); }
  void Reopen() {
    store_.reset();
    store_ = Store::Open(temp_ / "store", TwoFamilies());
  }
  TempFolder temp_;
  std::shared_ptr<Store> store_;
};

TEST_F(TransactionTest, ItsWritesAreItsOwnUntilCommit) {
  PutNow(store_.get(), kA, "gone", "x");
  const auto transaction = store_->Begin();
  transaction->Put(kA, "key", "value");
  transaction->Delete(kA, "gone");
  EXPECT_EQ(transaction->Get(kA, "key"), "value");
  EXPECT_FALSE(transaction->Get(kA, "gone"));
  EXPECT_FALSE(transaction->Get(kB, "key"));
  EXPECT_FALSE(store_->Get(kA, "key"));
  EXPECT_EQ(store_->Get(kA, "gone"), "x");
  transaction->Commit(false);
  EXPECT_EQ(store_->Get(kA, "key"), "value");
  EXPECT_FALSE(store_->Get(kA, "gone"));
}

TEST_F(TransactionTest, ItReadsWhatOthersCommitted) {
  const auto transaction = store_->Begin();
  PutNow(store_.get(), kA, "key", "other");
  EXPECT_EQ(transaction->Get(kA, "key"), "other");
}

TEST_F(TransactionTest, RollbackAndDestructionLeaveNothing) {
  const auto transaction = store_->Begin();
  transaction->Put(kA, "one", "");
  transaction->Rollback();
  store_->Begin()->Put(kA, "two", "");
  EXPECT_FALSE(store_->Get(kA, "one"));
  EXPECT_FALSE(store_->Get(kA, "two"));
}

TEST_F(TransactionTest, ABulkOneWritesAndIsCommittedPreparedOrRolledBackLikeAnother) {
  // The last is an area of memory of its own: see Reserve.
  for (const size_t expected : {size_t{0}, size_t{4000}, size_t{50} << 20}) {
    const std::string name = "bulk " + std::to_string(expected);
    auto transaction = store_->BeginBulk(expected);
    for (int i = 0; i < 1000; ++i) {
      transaction->Put(kA, name + std::to_string(i), std::string(100, 'v'));
      transaction->Put(kB, name + std::to_string(i % 10), std::to_string(i));
    }
    transaction->Delete(kA, name + "7");
    transaction->Prepare(name, false);
    EXPECT_FALSE(store_->Get(kA, name + "0"));
    transaction->Commit(true);
    EXPECT_EQ(store_->Get(kA, name + "999"), std::string(100, 'v'));
    EXPECT_EQ(store_->Get(kB, name + "4"), "994");
    EXPECT_FALSE(store_->Get(kA, name + "7"));
    transaction = store_->BeginBulk(expected);
    transaction->Put(kA, name + "0", "other");
    transaction->Prepare(name, false);
    transaction->Rollback();
    EXPECT_EQ(store_->Get(kA, name + "0"), std::string(100, 'v'));
  }
  Reopen();
  EXPECT_EQ(store_->Get(kA, "bulk 4000999"), std::string(100, 'v'));
}

TEST_F(TransactionTest, ABulkOneCannotReadAndHasNoSavepoints) {
  const auto transaction = store_->BeginBulk(100);
  transaction->Put(kA, "key", "value");
  for (const auto& refused : std::vector<std::function<void()>>{
           [&] { transaction->Get(kA, "key"); }, [&] { transaction->SetSavepoint(); }}) {
    try {
      refused();
      FAIL();
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kInvalid);
    }
  }
  transaction->Commit(false);
  EXPECT_EQ(store_->Get(kA, "key"), "value");
}

TEST_F(TransactionTest, SavepointsNest) {
  const auto transaction = store_->Begin();
  transaction->Put(kA, "key", "0");
  transaction->SetSavepoint();
  transaction->Put(kA, "key", "1");
  transaction->SetSavepoint();
  transaction->Put(kA, "key", "2");
  transaction->Put(kB, "other", "2");
  transaction->RollbackToSavepoint();
  EXPECT_EQ(transaction->Get(kA, "key"), "1");
  EXPECT_FALSE(transaction->Get(kB, "other"));
  transaction->SetSavepoint();
  transaction->Delete(kA, "key");
  transaction->ReleaseSavepoint();
  EXPECT_FALSE(transaction->Get(kA, "key"));
  transaction->RollbackToSavepoint();
  EXPECT_EQ(transaction->Get(kA, "key"), "0");
  transaction->Put(kB, "last", "3");
  transaction->Commit(false);
  EXPECT_EQ(store_->Get(kA, "key"), "0");
  EXPECT_EQ(store_->Get(kB, "last"), "3");
  EXPECT_FALSE(store_->Get(kB, "other"));
}

TEST_F(TransactionTest, ASavepointThatIsNotThereIsInvalid) {
  const auto transaction = store_->Begin();
  EXPECT_EQ(KindThrownBy([&] { transaction->RollbackToSavepoint(); }), ErrorKind::kInvalid);
  EXPECT_EQ(KindThrownBy([&] { transaction->ReleaseSavepoint(); }), ErrorKind::kInvalid);
  transaction->Put(kA, "key", "still usable");
  transaction->Commit(false);
  EXPECT_EQ(store_->Get(kA, "key"), "still usable");
}

TEST_F(TransactionTest, WhatIsPreparedIsInvisibleUntilCommit) {
  const auto transaction = store_->Begin();
  EXPECT_EQ(transaction->name(), "");
  transaction->SetSavepoint();
  transaction->Put(kA, "key", "value");
  transaction->Prepare("7", /*sync=*/true);
  EXPECT_EQ(transaction->name(), "7");
  EXPECT_FALSE(store_->Get(kA, "key"));
  EXPECT_EQ(transaction->Get(kA, "key"), "value");
  transaction->Commit(false);
  EXPECT_EQ(store_->Get(kA, "key"), "value");
  Reopen();
  EXPECT_EQ(store_->Get(kA, "key"), "value");
  EXPECT_TRUE(store_->TakePrepared().empty());
}

TEST_F(TransactionTest, WhatIsPreparedCanBeRolledBack) {
  const auto transaction = store_->Begin();
  transaction->Put(kA, "key", "value");
  transaction->Prepare("7", true);
  transaction->Rollback();
  Reopen();
  EXPECT_TRUE(store_->TakePrepared().empty());
  EXPECT_FALSE(store_->Get(kA, "key"));
}

TEST_F(TransactionTest, DestroyingAPreparedOneRollsItBack) {
  {
    const auto transaction = store_->Begin();
    transaction->Put(kA, "key", "value");
    transaction->Prepare("7", true);
  }
  Reopen();
  EXPECT_TRUE(store_->TakePrepared().empty());
  EXPECT_FALSE(store_->Get(kA, "key"));
}

TEST_F(TransactionTest, AnEmptyOneCanBePreparedAndCommitted) {
  auto transaction = store_->Begin();
  transaction->Prepare("empty", true);
  transaction->Abandon();
  transaction.reset();
  Reopen();
  auto prepared = store_->TakePrepared();
  ASSERT_EQ(prepared.size(), 1u);
  EXPECT_EQ(prepared[0]->name(), "empty");
  prepared[0]->Commit(true);
  prepared.clear();
  store_->Begin()->Commit(false);
  Reopen();
  EXPECT_TRUE(store_->TakePrepared().empty());
}

TEST_F(TransactionTest, AfterPrepareOnlyTheEndMayFollow) {
  const auto transaction = store_->Begin();
  transaction->Prepare("7", false);
  EXPECT_EQ(KindThrownBy([&] { transaction->Put(kA, "key", ""); }), ErrorKind::kInvalid);
  EXPECT_EQ(KindThrownBy([&] { transaction->Delete(kA, "key"); }), ErrorKind::kInvalid);
  EXPECT_EQ(KindThrownBy([&] { transaction->SetSavepoint(); }), ErrorKind::kInvalid);
  EXPECT_EQ(KindThrownBy([&] { transaction->Prepare("8", false); }), ErrorKind::kInvalid);
  transaction->Commit(false);
}

TEST_F(TransactionTest, AfterItsEndNothingMayFollow) {
  const auto transaction = store_->Begin();
  transaction->Commit(false);
  EXPECT_EQ(KindThrownBy([&] { transaction->Put(kA, "key", ""); }), ErrorKind::kInvalid);
  EXPECT_EQ(KindThrownBy([&] { transaction->Get(kA, "key"); }), ErrorKind::kInvalid);
  EXPECT_EQ(KindThrownBy([&] { transaction->Commit(false); }), ErrorKind::kInvalid);
  EXPECT_EQ(KindThrownBy([&] { transaction->Rollback(); }), ErrorKind::kInvalid);
  EXPECT_EQ(KindThrownBy([&] { transaction->Abandon(); }), ErrorKind::kInvalid);
}

TEST_F(TransactionTest, NamesAreUniqueAmongPreparedOnes) {
  const auto first = store_->Begin();
  first->Prepare("7", false);
  const auto second = store_->Begin();
  second->Put(kA, "key", "second");
  EXPECT_EQ(KindThrownBy([&] { second->Prepare("7", false); }), ErrorKind::kInvalid);
  EXPECT_EQ(KindThrownBy([&] { second->Prepare("", false); }), ErrorKind::kInvalid);
  EXPECT_EQ(KindThrownBy([&] { second->Prepare(std::string(513, 'x'), false); }),
            ErrorKind::kInvalid);
  first->Commit(false);
  second->Prepare("7", false);
  second->Commit(false);
  EXPECT_EQ(store_->Get(kA, "key"), "second");
}

TEST_F(TransactionTest, AnAbandonedOneWaitsForTheNextOpenAndKeepsItsName) {
  auto transaction = store_->Begin();
  transaction->Put(kA, "key", "value");
  EXPECT_EQ(KindThrownBy([&] { transaction->Abandon(); }), ErrorKind::kInvalid);
  transaction->Prepare("7", true);
  transaction->Abandon();
  transaction.reset();
  EXPECT_TRUE(store_->TakePrepared().empty());
  transaction = store_->Begin();
  EXPECT_EQ(KindThrownBy([&] { transaction->Prepare("7", true); }), ErrorKind::kInvalid);
  transaction.reset();

  // More than the log buffers hold, so that the log of the prepared one must be kept on purpose.
  const std::string filler(1 << 20, 'f');
  for (int i = 0; i < 40; ++i) PutNow(store_.get(), kB, "filler" + std::to_string(i), filler);
  store_->Compact();
  for (int open = 0; open < 2; ++open) {  // nobody takes it: it waits on
    Reopen();
    EXPECT_FALSE(store_->Get(kA, "key"));
  }
  Reopen();
  auto prepared = store_->TakePrepared();
  ASSERT_EQ(prepared.size(), 1u);
  EXPECT_EQ(prepared[0]->name(), "7");
  EXPECT_EQ(prepared[0]->Get(kA, "key"), "value");
  EXPECT_TRUE(store_->TakePrepared().empty());
  prepared[0]->Commit(true);
  EXPECT_EQ(store_->Get(kA, "key"), "value");
}

TEST_F(TransactionTest, ManyLargeValuesFitInOneTransaction) {
  constexpr int kRows = 20000;
  const std::string value(1536, 'v');
  auto transaction = store_->Begin();
  for (int i = 0; i < kRows; ++i) transaction->Put(kA, "row" + std::to_string(i), value);
  EXPECT_EQ(transaction->Get(kA, "row12345"), value);
  transaction->Prepare("large", true);
  transaction->Commit(false);
  transaction.reset();
  Reopen();
  int rows = 0;
  for (const auto cursor = store_->Scan(kA, "row"); cursor->Valid(); cursor->Next()) ++rows;
  EXPECT_EQ(rows, kRows);
}

}  // namespace
}  // namespace semblance::storage
