// Opening a store while another process that has it replaces its files.
#include <gtest/gtest.h>
#include <rocksdb/file_system.h>

#include <filesystem>
#include <fstream>

#include "storage/database_internal.h"
#include "tests/storage/temp_folder.h"

namespace semblance::storage {
namespace {

// When the manifest that CURRENT names is about to be read, another process has just begun a new one
// and removed it; so often as was asked for.
class RollingManifest : public rocksdb::FileSystemWrapper {
 public:
  explicit RollingManifest(int times)
      : FileSystemWrapper(rocksdb::FileSystem::Default()), left_(times) {}
  const char* Name() const override { return "RollingManifest"; }

  rocksdb::IOStatus NewSequentialFile(const std::string& name, const rocksdb::FileOptions& options,
                                      std::unique_ptr<rocksdb::FSSequentialFile>* file,
                                      rocksdb::IODebugContext* context) override {
    const std::filesystem::path path(name);
    if (path.filename().string().starts_with("MANIFEST-") && left_ > 0) {
      const std::string next = "MANIFEST-" + std::to_string(900000 - --left_);
      std::filesystem::rename(path, path.parent_path() / next);
      std::ofstream(path.parent_path() / "CURRENT") << next << "\n";
    }
    return FileSystemWrapper::NewSequentialFile(name, options, file, context);
  }
  int left() const { return left_; }

 private:
  int left_;
};

class ChangingFilesTest : public ::testing::Test {
 protected:
  ChangingFilesTest() { PutNow(Store::Open(folder_, TwoFamilies()).get(), kA, "key", "1", true); }
  std::shared_ptr<Store> OpenWhileItRolls(int times, OpenOptions options) {
    files_ = std::make_shared<RollingManifest>(times);
    return OpenIn(rocksdb::NewCompositeEnv(files_), folder_, options);
  }

  TempFolder temp_;
  const std::string folder_ = temp_ / "store";
  std::shared_ptr<RollingManifest> files_;
};

TEST_F(ChangingFilesTest, AManifestThatIsReplacedWhileTheStoreIsLookedAtIsNotDamage) {
  const auto store = OpenWhileItRolls(3, TwoFamilies());
  EXPECT_EQ(files_->left(), 0);
  EXPECT_EQ(store->Get(kA, "key"), "1");
}

TEST_F(ChangingFilesTest, ItIsNotToReadersEither) {
  OpenOptions options = TwoFamilies();
  options.read_only = true;
  const auto store = OpenWhileItRolls(3, options);
  EXPECT_EQ(files_->left(), 0);
  EXPECT_EQ(store->Get(kA, "key"), "1");
}

TEST_F(ChangingFilesTest, FilesThatNeverHoldStillAreToldAsInUse) {
  EXPECT_EQ(KindThrownBy([&] { OpenWhileItRolls(1000, TwoFamilies()); }), ErrorKind::kLockHeld);
}

}  // namespace
}  // namespace semblance::storage
