#include <gtest/gtest.h>

#include <filesystem>

#include "storage/store.h"
#include "tests/storage/temp_folder.h"

namespace semblance::storage {
namespace {

class CheckpointTest : public ::testing::TestWithParam<bool> {
 protected:
  CheckpointTest() {
    OpenOptions options = TwoFamilies();
    options.in_memory = GetParam();
    store_ = Store::Open(temp_ / "store", options);
  }
  TempFolder temp_;
  std::shared_ptr<Store> store_;
};
INSTANTIATE_TEST_SUITE_P(OnDiskAndInMemory, CheckpointTest, ::testing::Bool(),
                         [](const auto& suite) { return suite.param ? "InMemory" : "OnDisk"; });

TEST_P(CheckpointTest, OpensAndHoldsTheDataOfItsMoment) {
  const std::string large(600000, 'b');
  PutNow(store_.get(), kA, "key", "then");
  PutNow(store_.get(), kB, "", "empty key");
  for (int i = 0; i < 20; ++i) PutNow(store_.get(), kB, "many" + std::to_string(i), large);
  const auto writer = store_->NewBlob(kA, "blob");
  writer->Write(large);
  writer->Finish();
  const auto unfinished = store_->NewBlob(kA, "unfinished");
  unfinished->Write(large);

  store_->Checkpoint(temp_ / "copy");
  PutNow(store_.get(), kA, "key", "later");

  const auto copy = Store::Open(temp_ / "copy", TwoFamilies());
  EXPECT_EQ(copy->store_id(), store_->store_id());
  EXPECT_EQ(copy->Get(kA, "key"), "then");
  EXPECT_EQ(copy->Get(kB, ""), "empty key");
  EXPECT_EQ(copy->Get(kB, "many19"), large);
  std::string blob(copy->OpenBlob(kA, "blob")->size(), '\0');
  copy->OpenBlob(kA, "blob")->Read(blob.data(), blob.size());
  EXPECT_EQ(blob, large);
  EXPECT_EQ(copy->OpenBlob(kA, "unfinished"), nullptr);
  EXPECT_FALSE(copy->Scan(kA, "unfinished")->Valid());
  EXPECT_EQ(store_->Get(kA, "key"), "later");
  PutNow(copy.get(), kA, "key", "its own");
  EXPECT_EQ(store_->Get(kA, "key"), "later");
}

TEST_P(CheckpointTest, RefusesAFolderThatExists) {
  std::filesystem::create_directory(temp_ / "copy");
  EXPECT_EQ(KindThrownBy([&] { store_->Checkpoint(temp_ / "copy"); }), ErrorKind::kInvalid);
  EXPECT_TRUE(std::filesystem::is_empty(temp_ / "copy"));
}

TEST_P(CheckpointTest, SaysWhyItCannotBeMade) {
  EXPECT_EQ(KindThrownBy([&] { store_->Checkpoint(temp_ / "no" + "/such/folder"); }),
            ErrorKind::kIo);
  EXPECT_FALSE(std::filesystem::exists(temp_ / "no"));
}

TEST(CheckpointOnDiskTest, KeepsPreparedTransactions) {
  TempFolder temp;
  const auto store = Store::Open(temp / "store", TwoFamilies());
  const auto transaction = store->Begin();
  transaction->Put(kA, "key", "value");
  transaction->Prepare("7", true);
  store->Checkpoint(temp / "copy");
  transaction->Rollback();
  const auto copy = Store::Open(temp / "copy", TwoFamilies());
  const auto prepared = copy->TakePrepared();
  ASSERT_EQ(prepared.size(), 1u);
  prepared[0]->Commit(true);
  EXPECT_EQ(copy->Get(kA, "key"), "value");
}

}  // namespace
}  // namespace semblance::storage
