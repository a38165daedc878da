// The house as it is drawn in the README: a leak across a wall turns one of these red. Every rule
// is also held against planted violations, because a check that finds nothing anywhere would pass
// as well.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/house/binary.h"
#include "tests/house/links.h"
#include "tests/house/rules.h"
#include "tests/house/source_tree.h"

namespace semblance::house {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Check = std::vector<std::string> (*)(const SourceFile&);

const std::vector<SourceFile>& Tree() {
  static const std::vector<SourceFile> tree = ReadTree(SEMBLANCE_SOURCE_DIR);
  return tree;
}

std::vector<std::string> Everywhere(Check check) {
  std::vector<std::string> violations;
  for (const SourceFile& file : Tree()) {
    for (const std::string& violation : check(file)) violations.push_back(violation);
  }
  return violations;
}

std::string Including(const std::string& path, const std::string& include) {
  const std::vector<std::string> violations =
      IncludeViolations({path, "// A file.\n#include " + include + "\n"});
  return violations.empty() ? "" : violations[0];
}

TEST(House, EveryRoomIsRead) {
  for (const char* file : {"storage/store.h", "index/segment.h", "engine/database.h",
                           "engine/encoder/encoder.h", "engine/training/trainer.h",
                           "sql_ext/guard.h", "tools/cli/main.cc", "tests/house/house_test.cc"}) {
    EXPECT_THAT(Tree(), Contains(testing::Field(&SourceFile::path, file)));
  }
}

TEST(House, IncludesFollowTheArrowsAndLibrariesStayInTheirRooms) {
  EXPECT_THAT(Everywhere(IncludeViolations), IsEmpty());
}

TEST(House, HeadersAreGuardedAndFoldersHaveNames) {
  EXPECT_THAT(Everywhere(ShapeViolations), IsEmpty());
}

TEST(House, NoFileNamesAPathOfSomebodysMachine) {
  EXPECT_THAT(Everywhere(MachinePaths), IsEmpty());
}

TEST(House, LinksOfThePagesLeadSomewhere) { EXPECT_THAT(BrokenLinks(Tree()), IsEmpty()); }

TEST(HouseRules, ALibraryOutsideItsRoomIsFound) {
  EXPECT_EQ(Including("engine/database.cc", "<rocksdb/db.h>"),
            "engine/database.cc:2: rocksdb/db.h belongs to another room");
  for (const char* include : {"<faiss/IndexFlat.h>", "<dnnl.hpp>", "<oneapi/dnnl/dnnl.hpp>",
                              "<sentencepiece_processor.h>", "<utf8proc.h>", "<torch/torch.h>",
                              "<ATen/ATen.h>", "<c10/util/Half.h>", "<sqlite3ext.h>", "<sqlite3.h>",
                              "<CLI/CLI.hpp>", "<nlohmann/json.hpp>", "\"faiss/IndexFlat.h\"",
                              "  <faiss/IndexFlat.h>  // with a remark"}) {
    EXPECT_THAT(Including("storage/store.cc", include), HasSubstr("belongs to another room"))
        << include;
  }
  EXPECT_THAT(Including("engine/encoder/encoder.cc", "<torch/torch.h>"), HasSubstr("another room"));
  EXPECT_THAT(Including("sql_ext/guard.cc", "<sqlite3ext.h>"), HasSubstr("another room"));
  EXPECT_THAT(Including("sql_ext/guard.cc", "<sqlite3.h>"), HasSubstr("another room"));
  EXPECT_THAT(Including("tests/sql/x_test.cc", "<rocksdb/db.h>"), HasSubstr("another room"));
}

TEST(HouseRules, ALibraryInAPublicHeaderIsFound) {
  EXPECT_THAT(Including("storage/store.h", "<rocksdb/db.h>"), HasSubstr("in a public header"));
  EXPECT_THAT(Including("index/segment.h", "<faiss/Index.h>"), HasSubstr("in a public header"));
  EXPECT_THAT(Including("engine/encoder/encoder.h", "<dnnl.hpp>"), HasSubstr("in a public header"));
  EXPECT_THAT(Including("engine/training/run.h", "<torch/types.h>"),
              HasSubstr("in a public header"));
  EXPECT_THAT(Including("engine/manifest.h", "<nlohmann/json.hpp>"),
              HasSubstr("in a public header"));
}

TEST(HouseRules, AnArrowThatGoesBackIsFound) {
  const char* const against[][2] = {{"storage/store.cc", "index/segment.h"},
                                    {"storage/store.cc", "engine/database.h"},
                                    {"index/scan.cc", "storage/store.h"},
                                    {"index/scan.cc", "engine/error.h"},
                                    {"engine/encoder/encoder.cc", "index/metric.h"},
                                    {"engine/encoder/encoder.cc", "engine/error.h"},
                                    {"engine/encoder/x.h", "engine/training/run.h"},
                                    {"engine/training/run.cc", "engine/database.h"},
                                    {"engine/training/run.cc", "storage/store.h"},
                                    {"engine/database.cc", "sql_ext/guard.h"},
                                    {"sql_ext/guard.cc", "tools/cli/progress.h"},
                                    {"tools/cli/main.cc", "engine/database.h"},
                                    {"engine/database.cc", "tests/house/rules.h"}};
  for (const auto& [path, header] : against) {
    EXPECT_THAT(Including(path, "\"" + std::string(header) + "\""), HasSubstr("against the arrows"))
        << path << " -> " << header;
  }
}

TEST(HouseRules, AnInternalHeaderStaysInItsRoomAndOutOfPublicHeaders) {
  const std::string internal = "\"storage/database_internal.h\"";
  EXPECT_EQ(Including("storage/store.cc", internal), "");
  EXPECT_EQ(Including("storage/rocks_options_internal.h", internal), "");
  EXPECT_EQ(Including("tests/storage/open_test.cc", internal), "");
  EXPECT_THAT(Including("storage/store.h", internal), HasSubstr("is internal, in a public header"));
  EXPECT_THAT(Including("engine/database.cc", internal), HasSubstr("is internal to another room"));
}

TEST(HouseRules, AnIncludeThatDoesNotBeginAtTheRootIsFound) {
  EXPECT_THAT(Including("index/scan.cc", "\"scan.h\""), HasSubstr("not written from the root"));
  EXPECT_THAT(Including("index/scan.cc", "\"../storage/store.h\""), HasSubstr("from the root"));
}

TEST(HouseRules, WhatIsAllowedIsNotFound) {
  EXPECT_EQ(Including("storage/store.cc", "<rocksdb/db.h>"), "");
  EXPECT_EQ(Including("storage/database_internal.h", "<rocksdb/db.h>"), "");
  EXPECT_EQ(Including("engine/training/network_internal.h", "<torch/types.h>"), "");
  EXPECT_EQ(Including("sql_ext/sqlite_api.h", "<sqlite3ext.h>"), "");
  EXPECT_EQ(Including("tools/cli/main.cc", "<CLI/CLI.hpp>"), "");
  EXPECT_EQ(Including("engine/database.cc", "\"storage/store.h\""), "");
  EXPECT_EQ(Including("sql_ext/guard.cc", "\"engine/encoder/error.h\""), "");
  EXPECT_EQ(Including("index/scan.cc", "<vector>"), "");
}

TEST(HouseRules, ShapelessFilesAreFound) {
  EXPECT_THAT(ShapeViolations({"index/x.h", "// A header.\n"}), ElementsAre(HasSubstr("#pragma")));
  EXPECT_THAT(ShapeViolations({"index/utils/x.cc", ""}), ElementsAre(HasSubstr("called utils")));
  EXPECT_THAT(ShapeViolations({"common/x.cc", ""}), ElementsAre(HasSubstr("called common")));
  EXPECT_THAT(ShapeViolations({"index/x.h", "#pragma once\n"}), IsEmpty());
}

TEST(HouseRules, MachinePathsAreFound) {
  const std::string path = std::string("/") + "home/somebody/semblance";
  EXPECT_THAT(MachinePaths({"README.md", "one\ncd " + path + "\n"}),
              ElementsAre(HasSubstr("README.md:2: names")));
  EXPECT_THAT(MachinePaths({"README.md", "/usr/include\n/tmp/example.db\n"}), IsEmpty());
}

TEST(HouseRules, HeadingsAreLinkedToByTheirWords) {
  EXPECT_THAT(AnchorsOf({"a.md",
                         "# The `semblance` table, once\n\n## Errors\n```\n# code\n```\n"
                         "## Errors\n#!\n"}),
              ElementsAre("the-semblance-table-once", "errors", "errors-1"));
}

TEST(HouseRules, LinksThatLeadNowhereAreFound) {
  const SourceFile target{"docs/b/c.md", "# One heading\n"};
  const auto broken = [&](const std::string& text) {
    return BrokenLinks({{"docs/a.md", "# A\n" + text + "\n"}, target});
  };
  EXPECT_THAT(broken("[x](b/c.md), [y](b/c.md#one-heading), [z](#a), [f](b/), [w](https://a.b/c)"),
              IsEmpty());
  EXPECT_THAT(broken("`[x](absent.md)`\n```\n[x](absent.md)\n```"), IsEmpty());
  EXPECT_THAT(broken("[x](b/absent.md)"), ElementsAre("docs/a.md:2: nothing at b/absent.md"));
  EXPECT_THAT(broken("[x](b/c.md#two) [`y`](c.md)"), testing::SizeIs(2));
  EXPECT_THAT(broken("[x](#b)"), testing::SizeIs(1));
}

TEST(Extension, ExportsItsEntryPointAndNothingElse) {
  EXPECT_THAT(ExportsOf(SEMBLANCE_EXTENSION), ElementsAre("sqlite3_semblance_init"));
}

TEST(Extension, TakesSqliteFromItsHost) {
  EXPECT_THAT(Among(LoadedBy(SEMBLANCE_EXTENSION), {"libsqlite3"}), IsEmpty());
  EXPECT_THAT(Among(NeededBy(SEMBLANCE_EXTENSION), {"libsqlite3"}), IsEmpty());
}

TEST(Extension, LoadsWithoutLibTorch) {
  const std::vector<std::string> torch = {"libtorch", "libc10", "libsemblance_torch"};
  EXPECT_THAT(Among(LoadedBy(SEMBLANCE_EXTENSION), torch), IsEmpty());
  EXPECT_THAT(Among(NeededBy(SEMBLANCE_EXTENSION), torch), IsEmpty());
}

TEST(Binary, ListsOfTheToolsAreUnderstood) {
  EXPECT_THAT(
      ParseExports("000000000000f779 T sqlite3_semblance_init\n0000000000012340 W other@@V1\n"),
      ElementsAre("sqlite3_semblance_init", "other"));
  EXPECT_THAT(ParseNeeded(" 0x0000000000000001 (NEEDED)  Shared library: [libsqlite3.so.0]\n"
                          " 0x000000000000000e (SONAME)  Library soname: [semblance.so]\n"),
              ElementsAre("libsqlite3.so.0"));
  EXPECT_THAT(ParseLoaded("\tlinux-vdso.so.1 (0x00007ffd)\n"
                          "\tlibtorch_cpu.so.1 => /usr/lib/libtorch_cpu.so.1 (0x00007f)\n"
                          "\t/lib64/ld-linux-x86-64.so.2 (0x00007f)\n"),
              ElementsAre("linux-vdso.so.1", "libtorch_cpu.so.1", "ld-linux-x86-64.so.2"));
  EXPECT_THAT(Among({"libtorch_cpu.so.1", "libc.so.6"}, {"libtorch", "libc10"}),
              ElementsAre("libtorch_cpu.so.1"));
}

TEST(Binary, TheToolsAreReallyAsked) {
  EXPECT_THAT(Among(NeededBy(SEMBLANCE_EXTENSION), {"libstdc++"}), testing::Not(IsEmpty()));
  EXPECT_THAT(Among(LoadedBy(SEMBLANCE_EXTENSION), {"libc.so"}), testing::Not(IsEmpty()));
  EXPECT_THROW(ExportsOf("no such file"), std::runtime_error);
}

}  // namespace
}  // namespace semblance::house
