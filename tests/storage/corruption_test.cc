// Damage that is found, named, and never a crash.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <random>

#include "storage/format.h"
#include "storage/store.h"
#include "tests/storage/raw_store.h"
#include "tests/storage/temp_folder.h"

namespace semblance::storage {
namespace {

using ::testing::HasSubstr;

class CorruptionTest : public ::testing::Test {
 protected:
  std::shared_ptr<Store> Open() { return Store::Open(folder_, TwoFamilies()); }
  TempFolder temp_;
  const std::string folder_ = temp_ / "store";
};

TEST_F(CorruptionTest, AFlippedBitOfAValueIsFoundByEveryWayOfReading) {
  PutNow(Open().get(), kA, "key", "value");
  {
    RawStore raw(folder_);
    std::string value = raw.Get("a", "key");
    value[2] ^= 1;
    raw.Put("a", "key", value);
  }
  const auto store = Open();
  std::string message;
  EXPECT_EQ(KindThrownBy([&] { store->Get(kA, "key"); }, &message), ErrorKind::kCorruption);
  EXPECT_THAT(message, HasSubstr("family a, key 6b6579"));
  EXPECT_EQ(KindThrownBy([&] { store->Begin()->Get(kA, "key"); }), ErrorKind::kCorruption);
  const auto cursor = store->Scan(kA, "");
  EXPECT_EQ(cursor->Key(), "key");
  EXPECT_EQ(KindThrownBy([&] { cursor->Value(); }), ErrorKind::kCorruption);
  PutNow(store.get(), kA, "key", "written anew");
  EXPECT_EQ(store->Get(kA, "key"), "written anew");
}

TEST_F(CorruptionTest, AValueUnderTheWrongKeyOrFamilyOrCutShortIsFound) {
  PutNow(Open().get(), kA, "key", "value");
  {
    RawStore raw(folder_);
    const std::string value = raw.Get("a", "key");
    raw.Put("a", "other", value);
    raw.Put("b", "key", value);
    raw.Put("a", "short", value.substr(0, 7));
    raw.Put("a", "empty", "");
  }
  const auto store = Open();
  EXPECT_EQ(store->Get(kA, "key"), "value");
  EXPECT_EQ(KindThrownBy([&] { store->Get(kA, "other"); }), ErrorKind::kCorruption);
  EXPECT_EQ(KindThrownBy([&] { store->Get(kB, "key"); }), ErrorKind::kCorruption);
  EXPECT_EQ(KindThrownBy([&] { store->Get(kA, "short"); }), ErrorKind::kCorruption);
  EXPECT_EQ(KindThrownBy([&] { store->Get(kA, "empty"); }), ErrorKind::kCorruption);
}

TEST_F(CorruptionTest, ADamagedStoreHeaderIsFoundAtOpen) {
  PutNow(Open().get(), kA, "key", "value");
  RawStore(folder_).Put("default", std::string(kStoreKey), "short");
  EXPECT_EQ(KindThrownBy([&] { Open(); }), ErrorKind::kCorruption);
  RawStore(folder_).PutSealed("default", kDefaultFamilyNumber, std::string(kStoreKey), "foreign");
  EXPECT_EQ(KindThrownBy([&] { Open(); }), ErrorKind::kWrongVersion);
}

TEST_F(CorruptionTest, ADamagedBlobHeaderIsFound) {
  const auto header_of = [](uint8_t layout, uint8_t generation, uint32_t chunk_bytes) {
    BlobHeader header;
    header.generation = generation;
    header.chunk_bytes = chunk_bytes;
    header.bytes = 10;
    std::string payload = EncodeBlobHeader(header);
    payload[0] = static_cast<char>(layout);
    return payload;
  };
  Open();
  {
    RawStore raw(folder_);
    raw.PutSealed("a", kA, "layout", header_of(9, 0, kChunkBytes));
    raw.PutSealed("a", kA, "generation", header_of(1, 2, kChunkBytes));
    raw.PutSealed("a", kA, "no bytes", header_of(1, 0, 0));
    raw.PutSealed("a", kA, "many bytes", header_of(1, 0, 0xffffffffu));
    raw.PutSealed("a", kA, "too many chunks", [] {
      BlobHeader header;
      header.bytes = ~uint64_t{0};
      return EncodeBlobHeader(header);
    }());
  }
  const auto store = Open();
  for (const char* key : {"layout", "generation", "no bytes", "many bytes", "too many chunks"}) {
    EXPECT_EQ(KindThrownBy([&] { store->OpenBlob(kA, key); }), ErrorKind::kCorruption) << key;
  }
}

TEST_F(CorruptionTest, ADamagedLogIsReplayedUpToTheDamageAndSaysSo) {
  {
    const auto store = Open();
    for (int i = 0; i < 20; ++i) {
      PutNow(store.get(), kA, "key" + std::to_string(10 + i), "value", /*sync=*/true);
    }
  }
  for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
    if (entry.path().extension() != ".log" || entry.file_size() == 0) continue;
    std::fstream file(entry.path(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(entry.file_size() * 2 / 3));
    file.put('!');
  }
  {
    const auto store = Open();
    EXPECT_TRUE(store->Stats().log_was_cut);
    EXPECT_TRUE(store->Get(kA, "key10"));
    EXPECT_FALSE(store->Get(kA, "key29"));
  }
  EXPECT_FALSE(Open()->Stats().log_was_cut) << "what was dropped is gone";
}

// Flips one byte in a file of a closed store; what then is read must be right, absent or an Error.
TEST_F(CorruptionTest, AFlippedByteInAnyTableNeverGivesAWrongValue) {
  const auto value_of = [](int i) { return std::string(300, 'v') + std::to_string(i); };
  {
    const auto store = Open();
    const auto transaction = store->Begin();
    for (int i = 0; i < 200; ++i) {
      transaction->Put(kA, "key" + std::to_string(i), value_of(i));
    }
    transaction->Commit(true);
    store->Compact();
  }
  std::vector<std::filesystem::path> tables;
  for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
    if (entry.path().extension() == ".sst") tables.push_back(entry.path());
  }
  ASSERT_FALSE(tables.empty());
  std::mt19937 random(3);
  int found = 0;
  for (int round = 0; round < 30; ++round) {
    const auto& table = tables[random() % tables.size()];
    std::fstream file(table, std::ios::in | std::ios::out | std::ios::binary);
    const auto at = static_cast<std::streamoff>(random() % std::filesystem::file_size(table));
    file.seekg(at);
    const char byte = static_cast<char>(file.get());
    file.seekp(at);
    file.put(static_cast<char>(byte ^ 0x10));
    file.flush();
    try {
      const auto store = Open();
      for (int i = 0; i < 200; ++i) {
        const auto value = store->Get(kA, "key" + std::to_string(i));
        EXPECT_TRUE(!value || *value == value_of(i));
      }
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kCorruption) << error.what();
      ++found;
    }
    file.seekp(at);
    file.put(byte);
    file.close();
  }
  EXPECT_GT(found, 0);
  EXPECT_EQ(Open()->Get(kA, "key7"), value_of(7));
}

}  // namespace
}  // namespace semblance::storage
