// What is installed works from where it was installed, and says of itself what build systems ask.
#include <gmock/gmock.h>

#include <filesystem>
#include <string>

#include "tests/hosts/installation.h"

namespace semblance::hosts {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class InstallationTest : public HostTest {};

// An option that no trainer has: the trainer itself says so, and nothing is trained.
constexpr const char* kAskTheTrainer =
    "SELECT * FROM semblance_train('SELECT ''a''', '{\"name\": \"m\", \"nmae\": \"x\"}');";

TEST_F(InstallationTest, TheExtensionIsLoadedFromWhereItWasInstalled) {
  const std::string extension = Install();
  EXPECT_THAT(extension, StartsWith(prefix_));
  EXPECT_EQ(Shell(extension, "SELECT semblance_version(), length(embed('x')) > 0;"), "0.1.0|1\n");
}

TEST_F(InstallationTest, TheInstalledProgramFindsItsExtension) {
  const std::string extension = Install();
  const Outcome outcome =
      RunProgram({prefix_ + "/bin/semblance", "shell", ":memory:", "SELECT semblance_version()"},
                 "", {{"SEMBLANCE_EXTENSION", ""}});
  EXPECT_EQ(outcome.out, "0.1.0\n") << outcome.err;
}

TEST_F(InstallationTest, TheTrainerIsFoundBesideTheExtension) {
  if (!SEMBLANCE_TRAINING_BUILT) GTEST_SKIP() << "built without training";
  const std::string extension = Install();
  EXPECT_THAT(Shell(extension, kAskTheTrainer), HasSubstr("nmae"));
  fs::create_directories(folder_.Path("alone"));
  fs::copy_file(extension, folder_.Path("alone/semblance.so"));
  EXPECT_THAT(Shell(folder_.Path("alone/semblance.so"), kAskTheTrainer),
              HasSubstr("training needs libsemblance_torch.so beside the extension"));
}

TEST_F(InstallationTest, PkgConfigNamesTheExtensionWhereverTheFolderWasMovedTo) {
  const std::string extension = Install();
  const std::string moved = folder_.Path("moved");
  fs::rename(prefix_, moved);
  std::string packages;
  for (const auto& entry : fs::recursive_directory_iterator(moved)) {
    if (entry.path().filename() == "semblance.pc") packages = entry.path().parent_path().string();
  }
  std::string named = Printed({SEMBLANCE_PKG_CONFIG, "--variable=extension", "semblance"}, "",
                              {{"PKG_CONFIG_PATH", packages}});
  ASSERT_FALSE(named.empty());
  named.pop_back();
  EXPECT_TRUE(fs::equivalent(named, moved + extension.substr(prefix_.size())));
  EXPECT_EQ(Printed({SEMBLANCE_PKG_CONFIG, "--modversion", "semblance"}, "",
                    {{"PKG_CONFIG_PATH", packages}}),
            "0.1.0\n");
}

TEST_F(InstallationTest, TheCppExampleIsBuiltWithTheInstalledCMakePackage) {
  Install();
  const std::string build = folder_.Path("build");
  Printed({SEMBLANCE_CMAKE, "-S", Source("tools/examples/cpp"), "-B", build,
           "-DCMAKE_PREFIX_PATH=" + prefix_, "-DCMAKE_CXX_COMPILER=" SEMBLANCE_COMPILER});
  Printed({SEMBLANCE_CMAKE, "--build", build});
  EXPECT_EQ(Printed({build + "/notes", folder_.Path("notes.db")}), PromisedOutput("hosts/cpp.md"));
}

TEST_F(InstallationTest, LicencesOfWhatIsLinkedAreInstalled) {
  Install();
  const std::string licences = ReadFile(prefix_ + "/share/doc/semblance/copyright");
  for (const char* part :
       {"FAISS 1.", "RocksDB 7.", "oneDNN", "libutf8proc.a", "Permission is hereby granted"}) {
    EXPECT_THAT(licences, HasSubstr(part));
  }
  EXPECT_THAT(ReadFile(prefix_ + "/share/doc/semblance/LICENSE"), HasSubstr("Apache License"));
}

TEST_F(InstallationTest, SomethingLinkedThatTheLicencesDoNotNameIsAnError) {
  std::string table = ReadFile(Source("docs/third-party.md"));
  const size_t row = table.find("| `librocksdb");
  table.erase(row, table.find('\n', row) + 1 - row);
  const Outcome outcome =
      RunProgram({"bash", Source("tools/packaging/make-copyright"), folder_.File("table.md", table),
                  std::string(SEMBLANCE_BINARY_DIR) + "/build.ninja", folder_.Path("out"),
                  SEMBLANCE_EXTENSION});
  EXPECT_NE(outcome.code, 0);
  EXPECT_THAT(outcome.err, HasSubstr("librocksdb.so.7.8 is linked"));
}

class DebianPackageTest : public HostTest {
 protected:
  void SetUp() override {
    Printed({SEMBLANCE_CPACK, "-G", "DEB", "--config",
             std::string(SEMBLANCE_BINARY_DIR) + "/CPackConfig.cmake", "-B", prefix_});
  }
  std::string Field(const std::string& package, const std::string& field) {
    return Printed({"dpkg-deb", "--field", prefix_ + "/" + package + "_0.1.0_amd64.deb", field});
  }
};

TEST_F(DebianPackageTest, ThePackagesDependOnWhatTheyAreLinkedWith) {
  EXPECT_EQ(Field("semblance", "Package"), "semblance\n");
  EXPECT_EQ(Field("semblance", "Version"), "0.1.0\n");
  const std::string depends = Field("semblance", "Depends");
  for (const char* package : {"librocksdb", "libopenblas0", "libdnnl", "libsentencepiece0",
                              "libsqlite3-0", "libstdc++6"}) {
    EXPECT_THAT(depends, HasSubstr(package));
  }
  EXPECT_THAT(depends, Not(HasSubstr("libtorch")));
  if (SEMBLANCE_TRAINING_BUILT) {
    const std::string training = Field("semblance-training", "Depends");
    EXPECT_THAT(training, HasSubstr("semblance (= 0.1.0)"));
    EXPECT_THAT(training, HasSubstr("libtorch"));
  }
  // Stripped and put where the system's loader looks, it still is the extension.
  Printed({"dpkg-deb", "-x", prefix_ + "/semblance_0.1.0_amd64.deb", folder_.Path("root")});
  EXPECT_EQ(Shell(folder_.Path("root/usr/lib/semblance.so"), "SELECT semblance_version();"),
            "0.1.0\n");
}

}  // namespace
}  // namespace semblance::hosts
