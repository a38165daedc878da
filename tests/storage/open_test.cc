// What Store::Open refuses, and how it says so.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rocksdb/db.h>

#include <filesystem>
#include <fstream>

#include "storage/format.h"
#include "storage/store.h"
#include "tests/storage/child.h"
#include "tests/storage/raw_store.h"
#include "tests/storage/temp_folder.h"

namespace semblance::storage {
namespace {

using ::testing::HasSubstr;

class OpenTest : public ::testing::Test {
 protected:
  ErrorKind KindOfOpen(const OpenOptions& options = TwoFamilies()) {
    return KindThrownBy([&] { Store::Open(folder_, options); }, &message_);
  }
  void Create() { PutNow(Store::Open(folder_, TwoFamilies()).get(), kA, "key", "value", true); }
  void WriteFile(const std::string& name, const std::string& text) {
    std::ofstream(folder_ + "/" + name) << text;
  }
  TempFolder temp_;
  const std::string folder_ = temp_ / "store";
  std::string message_;
};

TEST_F(OpenTest, AMissingStoreIsMissingUnlessItMayBeCreated) {
  OpenOptions options = TwoFamilies();
  options.create_if_missing = false;
  EXPECT_EQ(KindOfOpen(options), ErrorKind::kMissing);
  EXPECT_THAT(message_, HasSubstr(folder_));
  EXPECT_FALSE(std::filesystem::exists(folder_));
  std::filesystem::create_directory(folder_);
  EXPECT_EQ(KindOfOpen(options), ErrorKind::kMissing);
  Create();
  EXPECT_EQ(Store::Open(folder_, options)->Get(kA, "key"), "value");
}

TEST_F(OpenTest, ACreationThatWasCutShortIsTakenUpAgain) {
  std::filesystem::create_directory(folder_);
  WriteFile("LOCK", "");
  WriteFile("IDENTITY", "id");
  WriteFile("MANIFEST-000001", "half a man");
  Create();
  EXPECT_EQ(Store::Open(folder_, TwoFamilies())->Get(kA, "key"), "value");
}

TEST_F(OpenTest, TheLockOfThisProcessAndOfAnotherIsHeldAndLetGo) {
  auto store = Store::Open(folder_, TwoFamilies());
  EXPECT_EQ(KindOfOpen(), ErrorKind::kLockHeld);
  EXPECT_THAT(message_, HasSubstr("open elsewhere"));
  const std::string other = RunChild("try to open", folder_);
  EXPECT_THAT(other, HasSubstr("open elsewhere"));
  EXPECT_EQ(std::stoi(other), static_cast<int>(ErrorKind::kLockHeld));
  PutNow(store.get(), kA, "key", "undisturbed");
  store.reset();
  EXPECT_EQ(RunChild("try to open", folder_), "opened");
}

TEST_F(OpenTest, ANewerFormatIsAWrongVersion) {
  Create();
  StoreHeader header;
  header.version = kFormatVersion + 1;
  header.id = std::string(16, 'i');
  RawStore(folder_).PutSealed("default", kDefaultFamilyNumber, std::string(kStoreKey),
                              EncodeStoreHeader(header) + "more");
  EXPECT_EQ(KindOfOpen(), ErrorKind::kWrongVersion);
  EXPECT_THAT(message_, HasSubstr("format version 2"));
}

TEST_F(OpenTest, AFamilyFromElsewhereIsAWrongVersion) {
  Create();
  OpenOptions fewer;
  fewer.families = {"a"};
  EXPECT_EQ(KindOfOpen(fewer), ErrorKind::kWrongVersion);
  EXPECT_THAT(message_, HasSubstr("'b'"));
  EXPECT_EQ(Store::Open(folder_, TwoFamilies())->Get(kA, "key"), "value");
}

TEST_F(OpenTest, FamiliesThatAreNewAreCreated) {
  Create();
  OpenOptions more = TwoFamilies();
  more.families.push_back("c");
  PutNow(Store::Open(folder_, more).get(), 2, "key", "third");
  const auto store = Store::Open(folder_, more);
  EXPECT_EQ(store->Get(2, "key"), "third");
  EXPECT_EQ(store->Get(kA, "key"), "value");
}

TEST_F(OpenTest, SomebodyElsesFilesAreAWrongVersionAndStayAsTheyAre) {
  std::ofstream(folder_) << "a file";
  EXPECT_EQ(KindOfOpen(), ErrorKind::kWrongVersion);
  std::filesystem::remove(folder_);
  std::filesystem::create_directory(folder_);
  WriteFile("letter.txt", "dear");
  EXPECT_EQ(KindOfOpen(), ErrorKind::kWrongVersion);
  EXPECT_THAT(message_, HasSubstr("letter.txt"));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_), {}), 1);
}

TEST_F(OpenTest, SomebodyElsesRocksDbIsAWrongVersion) {
  rocksdb::Options options;
  options.create_if_missing = true;
  rocksdb::DB* db = nullptr;
  ASSERT_TRUE(rocksdb::DB::Open(options, folder_, &db).ok());
  ASSERT_TRUE(db->Put({}, "their key", "their value").ok());
  delete db;
  EXPECT_EQ(KindOfOpen(), ErrorKind::kWrongVersion);
}

TEST_F(OpenTest, AStoreThatLostItsCurrentFileIsDamagedAndNotWrittenOver) {
  Create();
  Store::Open(folder_, TwoFamilies())->Compact();
  std::filesystem::rename(folder_ + "/CURRENT", temp_ / "CURRENT");
  EXPECT_EQ(KindOfOpen(), ErrorKind::kCorruption);
  std::filesystem::rename(temp_ / "CURRENT", folder_ + "/CURRENT");
  EXPECT_EQ(Store::Open(folder_, TwoFamilies())->Get(kA, "key"), "value");
}

TEST_F(OpenTest, AStoreThatLostItsManifestOrATableIsDamaged) {
  Create();
  Store::Open(folder_, TwoFamilies())->Compact();
  for (const std::string start : {"MANIFEST-", ".sst"}) {
    for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
      if (entry.path().filename().string().find(start) == std::string::npos) continue;
      std::filesystem::remove(entry.path());
    }
    EXPECT_EQ(KindOfOpen(), ErrorKind::kCorruption) << start;
    std::filesystem::remove_all(folder_);
    Create();
    Store::Open(folder_, TwoFamilies())->Compact();
  }
}

TEST_F(OpenTest, FamilyNamesMustBeFewDistinctAndNotOurs) {
  OpenOptions options;
  EXPECT_EQ(KindOfOpen(options), ErrorKind::kInvalid);
  options.families = {"a", "a"};
  EXPECT_EQ(KindOfOpen(options), ErrorKind::kInvalid);
  options.families = {"default"};
  EXPECT_EQ(KindOfOpen(options), ErrorKind::kInvalid);
  options.families = {""};
  EXPECT_EQ(KindOfOpen(options), ErrorKind::kInvalid);
  options.families.clear();
  for (int i = 0; i < 33; ++i) options.families.push_back("f" + std::to_string(i));
  EXPECT_EQ(KindOfOpen(options), ErrorKind::kInvalid);
  EXPECT_FALSE(std::filesystem::exists(folder_));
}

TEST_F(OpenTest, AFolderThatCannotBeMadeIsAnIoError) {
  EXPECT_EQ(KindThrownBy([&] { Store::Open(temp_ / "no" + "/such/parent", TwoFamilies()); }),
            ErrorKind::kIo);
}

}  // namespace
}  // namespace semblance::storage
