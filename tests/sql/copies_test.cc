// Ways to copy, move and attach a database file: what goes along, and what a copy without its
// folder says and does.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "tests/sql/test_connection.h"
#include "tests/tools/run_program.h"
#include "tests/tools/shell_environment.h"

namespace semblance::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
namespace fs = std::filesystem;

constexpr char kNearest[] = "SELECT rowid FROM notes WHERE body MATCH 'music' AND k = 1";
constexpr char kByWords[] = "SELECT rowid FROM notes WHERE body MATCH hybrid('gold', 'x', 0)";
constexpr char kPoint[] = "SELECT rowid FROM points WHERE v MATCH '[9]' AND k = 1";
constexpr char kCheck[] = "INSERT INTO notes(notes) VALUES ('integrity-check')";
constexpr char kRebuild[] = "INSERT INTO notes(notes) VALUES ('rebuild')";

class Copies : public testing::Test {
 protected:
  Copies() {
    TestConnection connection(original_);
    connection.Rows(
        "CREATE VIRTUAL TABLE notes USING semblance(body TEXT EMBED fts=unicode61, n INTEGER);"
        "INSERT INTO notes(rowid, body, n) VALUES (1, 'A violin concerto.', 1), "
        "  (2, 'The price of gold fell.', 2), (3, NULL, 3);"
        "CREATE VIRTUAL TABLE points USING semblance(v FLOAT[1] distance_metric=l2);"
        "INSERT INTO points(rowid, v) VALUES (1, '[1]'), (2, '[8]');");
  }

  static std::string FolderOf(const std::string& file) { return file + "-semblance"; }
  static void CopyFolder(const std::string& from, const std::string& to) {
    fs::remove_all(FolderOf(to));
    fs::copy(FolderOf(from), FolderOf(to), fs::copy_options::recursive);
  }
  static void ExpectWhole(TestConnection* connection) {
    EXPECT_THAT(connection->Rows(kNearest), ElementsAre("1"));
    EXPECT_THAT(connection->Rows(kByWords), ElementsAre("2"));
    EXPECT_EQ(connection->ErrorOf(kCheck), "");
  }
  // A copy of the file alone: words, rows and texts are there, vectors can be made again where they
  // come from texts, and nothing is answered wrongly before.
  static void ExpectACopyWithoutFolder(const std::string& file) {
    TestConnection copy(file);
    EXPECT_THAT(copy.Rows("SELECT rowid, body FROM notes WHERE n < 3"),
                ElementsAre("1|A violin concerto.", "2|The price of gold fell."));
    EXPECT_THAT(copy.ErrorOf(kNearest), HasSubstr("E_OUT_OF_STEP"));
    EXPECT_THAT(copy.ErrorOf(kNearest), HasSubstr("INSERT INTO notes(notes) VALUES('rebuild')"));
    EXPECT_THAT(copy.ErrorOf("INSERT INTO notes(body) VALUES ('x')"), HasSubstr("E_OUT_OF_STEP"));
    EXPECT_THAT(copy.ErrorOf(kPoint), HasSubstr("bring back the folder"));
    copy.Rows(kRebuild);
    ExpectWhole(&copy);
    copy.Rows("INSERT INTO notes(rowid, body) VALUES (9, 'A song for a choir.')");
    EXPECT_THAT(copy.Rows("SELECT rowid FROM notes WHERE body MATCH 'choir' AND k = 1"),
                ElementsAre("9"));
  }

  TempFolder folder_;
  const std::string original_ = folder_.File("original.db");
  const std::string copy_ = folder_.File("copy.db");
};

TEST_F(Copies, TheFileWithItsFolderIsWhole) {
  fs::copy_file(original_, copy_);
  CopyFolder(original_, copy_);
  TestConnection copy(copy_);
  ExpectWhole(&copy);
  EXPECT_THAT(copy.Rows(kPoint), ElementsAre("2"));
  copy.Rows("INSERT INTO points(rowid, v) VALUES (3, '[9]')");
  EXPECT_THAT(copy.Rows(kPoint), ElementsAre("3"));
  TestConnection original(original_);
  EXPECT_THAT(original.Rows(kPoint), ElementsAre("2"));
}

TEST_F(Copies, TheFileAloneSaysWhatToType) {
  fs::copy_file(original_, copy_);
  ExpectACopyWithoutFolder(copy_);
  TestConnection original(original_);
  ExpectWhole(&original);
}

TEST_F(Copies, VacuumIntoCopiesTheFileAlone) {
  TestConnection(original_).Rows("VACUUM INTO '" + copy_ + "'");
  ExpectACopyWithoutFolder(copy_);
}

TEST_F(Copies, VacuumIntoAndTheFolderAreWhole) {
  TestConnection(original_).Rows("VACUUM INTO '" + copy_ + "'");
  CopyFolder(original_, copy_);
  TestConnection copy(copy_);
  ExpectWhole(&copy);
  EXPECT_THAT(copy.Rows(kPoint), ElementsAre("2"));
}

TEST_F(Copies, TheBackupApiCopiesTheFileAlone) {
  {
    TestConnection original(original_);
    TestConnection copy(copy_);
    sqlite3_backup* const backup = sqlite3_backup_init(copy.db(), "main", original.db(), "main");
    ASSERT_NE(backup, nullptr);
    EXPECT_EQ(sqlite3_backup_step(backup, -1), SQLITE_DONE);
    EXPECT_EQ(sqlite3_backup_finish(backup), SQLITE_OK);
  }
  ExpectACopyWithoutFolder(copy_);
}

// The shell writes the shadow tables as tables, and the virtual table into sqlite_schema.
TEST_F(Copies, ADumpThatIsReadBackIsACopyOfTheFileAlone) {
  const std::string load = std::string(".load '") + SEMBLANCE_EXTENSION + "'";
  const auto shell = cli::ShellEnvironment();
  const cli::Outcome dump =
      cli::RunProgram({SEMBLANCE_SHELL, "-cmd", load, original_, ".dump"}, "", shell);
  ASSERT_EQ(dump.code, 0) << dump.err;
  const cli::Outcome read =
      cli::RunProgram({SEMBLANCE_SHELL, "-cmd", load, copy_}, dump.out, shell);
  ASSERT_EQ(read.code, 0) << read.err;
  ExpectACopyWithoutFolder(copy_);
}

TEST_F(Copies, ARenamedFileFindsItsFolderWhenThatIsRenamedToo) {
  fs::rename(original_, copy_);
  {
    TestConnection copy(copy_);
    EXPECT_THAT(copy.ErrorOf(kPoint), HasSubstr("bring back the folder"));
  }
  fs::remove_all(FolderOf(copy_));
  fs::rename(FolderOf(original_), FolderOf(copy_));
  TestConnection copy(copy_);
  ExpectWhole(&copy);
  EXPECT_THAT(copy.Rows(kPoint), ElementsAre("2"));
}

// A reader asks only every few milliseconds whether the folder is another one.
TEST(CopiesOfPoints, AnotherDatabaseInItsPlaceIsReadAtOnce) {
  const TempFolder folder;
  const std::string here = folder.File("here.db"), there = folder.File("there.db");
  for (const auto& [file, row] : {std::pair{here, "1"}, std::pair{there, "77"}}) {
    TestConnection connection(file);
    connection.Rows("CREATE VIRTUAL TABLE points USING semblance(v FLOAT[1] distance_metric=l2)");
    connection.Rows(std::string("INSERT INTO points(rowid, v) VALUES (") + row + ", '[9]')");
  }
  TestConnection stays(here);
  for (int i = 0; i < 3; ++i) EXPECT_THAT(stays.Rows(kPoint), ElementsAre("1"));
  for (const std::string& of : {std::string(), std::string("-semblance")}) {
    fs::rename(here + of, folder.File("away.db" + of));
    fs::rename(there + of, here + of);
  }
  TestConnection comes(here);
  EXPECT_THAT(comes.Rows(kPoint), ElementsAre("77"));
}

// The store that was open there removed the new one's log when it was closed, so that nobody could
// read the vectors any more; and where the new one was open, too, it was opened twice.
TEST_F(Copies, AnotherDatabaseInItsPlaceKeepsItsVectors) {
  const std::string texts = folder_.File("texts.db"), there = folder_.File("there.db");
  const std::string search = "SELECT rowid FROM t WHERE body MATCH 'music' AND k = 1";
  const auto make = [&](const std::string& file, int row) {
    auto made = std::make_unique<TestConnection>(file);
    made->Rows(
        "CREATE VIRTUAL TABLE t USING semblance(body TEXT EMBED);"
        "INSERT INTO t(rowid, body) VALUES (" +
        std::to_string(row) + ", 'a song')");
    return made;
  };
  make(texts, 1);
  TestConnection stays(texts);
  EXPECT_THAT(stays.Rows(search), ElementsAre("1"));
  for (int row = 2; row < 6; ++row) {
    auto moved = make(there, row);
    const bool open = row % 2 == 0;
    if (!open) moved.reset();
    fs::rename(there, texts);
    fs::remove_all(FolderOf(texts));
    fs::rename(FolderOf(there), FolderOf(texts));
    TestConnection comes(texts);
    EXPECT_THAT(comes.Rows(search), ElementsAre(std::to_string(row)));
    EXPECT_THAT(stays.ErrorOf(search), HasSubstr("belongs to another database"));
    if (open) EXPECT_THAT(moved->ErrorOf(search), HasSubstr("E_OUT_OF_STEP"));
    moved.reset();
    comes.Rows("INSERT INTO t(rowid, body) VALUES (9, 'A plate of pasta.')");
    EXPECT_THAT(comes.Rows(search), ElementsAre(std::to_string(row)));
    EXPECT_EQ(comes.ErrorOf("INSERT INTO t(t) VALUES ('integrity-check')"), "");
  }
}

TEST_F(Copies, AnOlderFileInItsPlaceIsFollowed) {
  fs::copy_file(original_, copy_);
  TestConnection(original_).Rows("INSERT INTO points(rowid, v) VALUES (3, '[9]')");
  fs::copy_file(copy_, original_, fs::copy_options::overwrite_existing);
  TestConnection back(original_);
  EXPECT_THAT(back.Rows(kPoint), ElementsAre("2"));
  back.Rows("INSERT INTO points(rowid, v) VALUES (4, '[8.5]')");
  EXPECT_THAT(back.Rows(kPoint), ElementsAre("4"));
  EXPECT_EQ(back.ErrorOf("INSERT INTO points(points) VALUES ('integrity-check')"), "");
}

TEST_F(Copies, AnOlderFolderInItsPlaceIsNoticed) {
  CopyFolder(original_, copy_);
  TestConnection(original_).Rows(
      "INSERT INTO points(rowid, v) VALUES (3, '[9]');"
      "UPDATE notes SET body = 'A symphony.' WHERE rowid = 2");
  CopyFolder(copy_, original_);
  TestConnection back(original_);
  EXPECT_THAT(back.ErrorOf(kPoint), HasSubstr("E_OUT_OF_STEP"));
  EXPECT_THAT(back.ErrorOf(kNearest), HasSubstr("E_OUT_OF_STEP"));
  back.Rows(kRebuild);
  EXPECT_THAT(back.Rows("SELECT rowid FROM notes WHERE body MATCH 'symphony' AND k = 1"),
              ElementsAre("2"));
}

TEST_F(Copies, TheFolderOfAnotherDatabaseIsNoticed) {
  TestConnection(copy_).Rows(
      "CREATE VIRTUAL TABLE points USING semblance(v FLOAT[1]);"
      "INSERT INTO points VALUES ('[5]')");
  CopyFolder(copy_, original_);
  TestConnection mixed(original_);
  EXPECT_THAT(mixed.ErrorOf(kPoint), HasSubstr("belongs to another database"));
  EXPECT_THAT(mixed.ErrorOf(kNearest), HasSubstr("belongs to another database"));
}

TEST_F(Copies, AttachedFilesAreSearchedAndWrittenTogether) {
  fs::copy_file(original_, copy_);
  CopyFolder(original_, copy_);
  TestConnection connection(original_);
  connection.Rows("ATTACH '" + copy_ + "' AS other");
  connection.Rows(
      "BEGIN; INSERT INTO main.points(rowid, v) VALUES (3, '[9]');"
      "INSERT INTO other.points(rowid, v) VALUES (4, '[9]'); COMMIT");
  EXPECT_THAT(connection.Rows("SELECT rowid FROM main.points('[9]', 1)"), ElementsAre("3"));
  EXPECT_THAT(connection.Rows("SELECT rowid FROM other.points('[9]', 1)"), ElementsAre("4"));
  EXPECT_THAT(
      connection.Rows("SELECT m.rowid, o.rowid FROM main.points AS m JOIN other.points AS o "
                      "ON o.v MATCH m.v AND o.k = 1 ORDER BY 1"),
      ElementsAre("1|1", "2|2", "3|4"));
  connection.Rows("BEGIN; DELETE FROM other.points WHERE rowid = 4; ROLLBACK; DETACH other");
  TestConnection copy(copy_);
  EXPECT_THAT(copy.Rows("SELECT rowid FROM points('[9]', 1)"), ElementsAre("4"));
}

}  // namespace
}  // namespace semblance::test
