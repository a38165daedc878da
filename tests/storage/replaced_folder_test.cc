// Another store is put where an open one lies. What that one did by the names of its files, at its
// next flush or when it was closed, it did to the new one.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "storage/store.h"
#include "tests/storage/temp_folder.h"

namespace semblance::storage {
namespace {

namespace fs = std::filesystem;

class ReplacedFolderTest : public testing::Test {
 protected:
  // Of a like history, so that files have the same numbers. The store is open.
  std::shared_ptr<Store> Make(const std::string& folder, const std::string& value) {
    for (int open = 0; open < 3; ++open) {
      const auto store = Store::Open(folder, TwoFamilies());
      PutNow(store.get(), kA, "key" + std::to_string(open), value);
      if (open < 2) store->Compact();
    }
    return Store::Open(folder, TwoFamilies());
  }
  static std::map<std::string, std::string> Files(const std::string& folder) {
    std::map<std::string, std::string> files;
    for (const auto& entry : fs::directory_iterator(folder)) {
      std::ostringstream bytes;
      bytes << std::ifstream(entry.path(), std::ios::binary).rdbuf();
      files[entry.path().filename()] = bytes.str();
    }
    return files;
  }

  TempFolder temp_;
  const std::string here_ = temp_ / "here";
  const std::string away_ = temp_ / "away";
};

TEST_F(ReplacedFolderTest, IsNotTouchedByTheStoreThatWasThere) {
  auto old = Make(here_, "old");
  Make(temp_ / "there", "new").reset();
  fs::rename(here_, away_);
  fs::rename(temp_ / "there", here_);
  const auto before = Files(here_);

  EXPECT_EQ(old->Get(kA, "key2"), "old");
  PutNow(old.get(), kB, "last", "old", /*sync=*/true);
  EXPECT_THROW(old->Compact(), Error);
  old.reset();
  EXPECT_EQ(Files(here_), before);

  EXPECT_EQ(Store::Open(here_, TwoFamilies())->Get(kA, "key2"), "new");
  const auto moved = Store::Open(away_, TwoFamilies());
  EXPECT_EQ(moved->Get(kA, "key2"), "old");
  EXPECT_EQ(moved->Get(kB, "last"), "old");
}

// It has its rows in a log with a number that the old one was done with.
TEST_F(ReplacedFolderTest, IsNotTouchedByAStoreThatWasRemoved) {
  auto old = Make(here_, "old");
  PutNow(Store::Open(temp_ / "there", TwoFamilies()).get(), kA, "key2", "new");
  fs::remove_all(here_);
  fs::rename(temp_ / "there", here_);
  const auto before = Files(here_);
  old.reset();
  EXPECT_EQ(Files(here_), before);
  EXPECT_EQ(Store::Open(here_, TwoFamilies())->Get(kA, "key2"), "new");
}

// The lock is on a file, and the first to close it would have let go of both.
TEST_F(ReplacedFolderTest, IsNotOpenedTwiceByAProcessThatKnowsItByItsOldName) {
  auto old = Make(here_, "old");
  fs::rename(here_, away_);
  EXPECT_EQ(KindThrownBy([&] { Store::Open(away_, TwoFamilies()); }), ErrorKind::kLockHeld);
  OpenOptions read_only = TwoFamilies();
  read_only.read_only = true;
  EXPECT_EQ(Store::Open(away_, read_only)->Get(kA, "key2"), "old");
  PutNow(old.get(), kB, "last", "old");
  old.reset();
  EXPECT_EQ(Store::Open(away_, TwoFamilies())->Get(kB, "last"), "old");
}

TEST_F(ReplacedFolderTest, HasAnotherOriginAsACopyOfItHas) {
  Make(here_, "old").reset();
  const std::string origin = FolderOrigin(here_);
  EXPECT_NE(origin, "");
  Make(here_, "again").reset();
  EXPECT_EQ(FolderOrigin(here_), origin) << "it is opened and written";
  fs::copy(here_, away_);
  EXPECT_NE(FolderOrigin(away_), origin);
  for (const auto& file : fs::directory_iterator(here_)) fs::remove(file.path());
  EXPECT_EQ(FolderOrigin(here_), "");
  fs::copy(away_, here_);
  EXPECT_NE(FolderOrigin(here_), origin);
}

}  // namespace
}  // namespace semblance::storage
