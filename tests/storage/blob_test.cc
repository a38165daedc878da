#include <gtest/gtest.h>

#include <random>

#include "storage/format.h"
#include "storage/store.h"
#include "tests/storage/temp_folder.h"

namespace semblance::storage {
namespace {

std::string RandomBytes(size_t size, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

void WriteBlob(Store* store, const std::string& key, const std::string& bytes, size_t piece) {
  const auto writer = store->NewBlob(kA, key);
  for (size_t at = 0; at < bytes.size(); at += piece) {
    writer->Write(std::string_view(bytes).substr(at, piece));
  }
  writer->Finish();
}

std::string ReadBlob(const Store& store, const std::string& key, size_t piece) {
  const auto reader = store.OpenBlob(kA, key);
  if (!reader) return "no blob";
  std::string bytes(reader->size(), '\0');
  for (size_t at = 0; at < bytes.size(); at += piece) {
    reader->Read(bytes.data() + at, std::min(piece, bytes.size() - at));
  }
  return bytes;
}

int CountKeys(const Store& store, std::string_view prefix) {
  int keys = 0;
  for (const auto cursor = store.Scan(kA, prefix); cursor->Valid(); cursor->Next()) ++keys;
  return keys;
}

class BlobTest : public ::testing::Test {
 protected:
  BlobTest() { Reopen(); }
  void Reopen() {
    store_.reset();
    store_ = Store::Open(temp_ / "store", TwoFamilies());
  }
  TempFolder temp_;
  std::shared_ptr<Store> store_;
};

TEST_F(BlobTest, ComesBackWhateverItsSizeAndPieces) {
  int number = 0;
  for (const size_t size :
       {size_t{0}, size_t{1}, size_t{kChunkBytes - 1}, size_t{kChunkBytes}, size_t{kChunkBytes + 1},
        size_t{5 * kChunkBytes}, size_t{7 * kChunkBytes + 12345}}) {
    for (const size_t piece : {size_t{1000}, size_t{kChunkBytes}, size_t{3 * kChunkBytes + 1}}) {
      const std::string key = "blob" + std::to_string(number++) + "/";
      const std::string bytes = RandomBytes(size, size + piece);
      WriteBlob(store_.get(), key, bytes, piece);
      EXPECT_EQ(store_->OpenBlob(kA, key)->size(), size);
      EXPECT_TRUE(ReadBlob(*store_, key, 777 + piece / 2) == bytes) << size << " " << piece;
    }
  }
}

TEST_F(BlobTest, SurvivesAReopen) {
  const std::string bytes = RandomBytes(3 * kChunkBytes + 5, 1);
  WriteBlob(store_.get(), "blob", bytes, 100000);
  Reopen();
  EXPECT_TRUE(ReadBlob(*store_, "blob", 4096) == bytes);
}

TEST_F(BlobTest, IsNotThereBeforeFinishAndLeavesNothingWithoutIt) {
  {
    const auto writer = store_->NewBlob(kA, "blob");
    writer->Write(RandomBytes(2 * kChunkBytes + 1, 2));
    EXPECT_EQ(store_->OpenBlob(kA, "blob"), nullptr);
  }
  EXPECT_EQ(store_->OpenBlob(kA, "blob"), nullptr);
  EXPECT_EQ(CountKeys(*store_, ""), 0);
}

TEST_F(BlobTest, IsReplacedAsAWhole) {
  const std::string old_bytes = RandomBytes(3 * kChunkBytes, 3);
  const std::string new_bytes = RandomBytes(kChunkBytes + 9, 4);
  WriteBlob(store_.get(), "blob", old_bytes, 5000);
  const auto early_reader = store_->OpenBlob(kA, "blob");
  {
    const auto cut_short = store_->NewBlob(kA, "blob");
    cut_short->Write(new_bytes);
    EXPECT_TRUE(ReadBlob(*store_, "blob", 5000) == old_bytes);
  }
  EXPECT_TRUE(ReadBlob(*store_, "blob", 5000) == old_bytes);
  for (int round = 0; round < 3; ++round) {
    WriteBlob(store_.get(), "blob", new_bytes, 5000);
    EXPECT_TRUE(ReadBlob(*store_, "blob", 5000) == new_bytes);
    EXPECT_EQ(CountKeys(*store_, "blob"), 3);  // header and two chunks
  }
  std::string seen(old_bytes.size(), '\0');
  early_reader->Read(seen.data(), seen.size());
  EXPECT_TRUE(seen == old_bytes) << "a reader keeps the blob it opened";
}

TEST_F(BlobTest, DeletingRemovesEveryChunk) {
  WriteBlob(store_.get(), "one", RandomBytes(2 * kChunkBytes, 5), 5000);
  WriteBlob(store_.get(), "two", RandomBytes(2 * kChunkBytes, 6), 5000);
  store_->DeleteBlob(kA, "one");
  store_->DeleteBlob(kA, "none");
  EXPECT_EQ(store_->OpenBlob(kA, "one"), nullptr);
  EXPECT_EQ(CountKeys(*store_, "one"), 0);
  EXPECT_EQ(ReadBlob(*store_, "two", 5000).size(), 2 * kChunkBytes);
  store_->DeletePrefix(kA, "t");
  EXPECT_EQ(store_->OpenBlob(kA, "two"), nullptr);
  EXPECT_EQ(CountKeys(*store_, ""), 0);
}

TEST_F(BlobTest, ReadingPastItsEndIsCorruption) {
  WriteBlob(store_.get(), "blob", "four", 4);
  const auto reader = store_->OpenBlob(kA, "blob");
  char bytes[8] = {};
  EXPECT_EQ(KindThrownBy([&] { reader->Read(bytes, 5); }), ErrorKind::kCorruption);
  reader->Read(bytes, 4);
  EXPECT_STREQ(bytes, "four");
  EXPECT_EQ(KindThrownBy([&] { reader->Read(bytes, 1); }), ErrorKind::kCorruption);
  reader->Read(bytes, 0);
}

TEST_F(BlobTest, AMissingChunkIsCorruption) {
  WriteBlob(store_.get(), "blob", RandomBytes(2 * kChunkBytes, 7), 5000);
  const auto transaction = store_->Begin();
  transaction->Delete(kA, ChunkKey("blob", 0, 1));
  transaction->Commit(false);
  std::string message;
  EXPECT_EQ(KindThrownBy([&] { ReadBlob(*store_, "blob", 5000); }, &message),
            ErrorKind::kCorruption);
  EXPECT_NE(message.find("chunk 1 is missing"), std::string::npos) << message;
}

TEST_F(BlobTest, AnOrdinaryValueIsNoBlob) {
  PutNow(store_.get(), kA, "value", "text");
  EXPECT_EQ(KindThrownBy([&] { store_->OpenBlob(kA, "value"); }), ErrorKind::kCorruption);
  EXPECT_EQ(KindThrownBy([&] { store_->NewBlob(kA, "value"); }), ErrorKind::kInvalid);
  EXPECT_EQ(KindThrownBy([&] { store_->DeleteBlob(kA, "value"); }), ErrorKind::kInvalid);
  EXPECT_EQ(store_->Get(kA, "value"), "text");
}

TEST_F(BlobTest, HasOneWriterAtATime) {
  auto writer = store_->NewBlob(kA, "blob");
  EXPECT_EQ(KindThrownBy([&] { store_->NewBlob(kA, "blob"); }), ErrorKind::kInvalid);
  const auto elsewhere = store_->NewBlob(kB, "blob");
  writer->Finish();
  EXPECT_EQ(KindThrownBy([&] { writer->Write("more"); }), ErrorKind::kInvalid);
  EXPECT_EQ(KindThrownBy([&] { writer->Finish(); }), ErrorKind::kInvalid);
  writer.reset();
  store_->NewBlob(kA, "blob")->Finish();
}

}  // namespace
}  // namespace semblance::storage
