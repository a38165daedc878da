// A database that cannot be written, or is only to be read, is searched as any other, and nothing
// of it is changed.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <sstream>
#include <string>

#include "tests/sql/test_connection.h"

namespace semblance::test {
namespace {

using testing::HasSubstr;
using Rows = std::vector<std::string>;
namespace fs = std::filesystem;

// Every file below a folder, with a hash of what is in it.
std::map<std::string, size_t> Everything(const std::string& folder) {
  std::map<std::string, size_t> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    std::ostringstream bytes;
    bytes << std::ifstream(entry.path(), std::ios::binary).rdbuf();
    files[entry.path().string()] = std::hash<std::string>()(bytes.str());
  }
  return files;
}

class ReadOnly : public testing::Test {
 protected:
  ReadOnly() {
    fs::create_directory(home_);
    TestConnection writer(file_);
    writer.Rows(
        "CREATE VIRTUAL TABLE notes USING semblance(body TEXT EMBED, n INTEGER);"
        "INSERT INTO notes(body, n) VALUES ('a violin concerto', 1), ('a plate of pasta', 2);"
        "CREATE VIRTUAL TABLE p USING semblance(v FLOAT[2] distance_metric=l2 quantization=sq8);"
        "INSERT INTO p(rowid, v) WITH RECURSIVE i(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM i "
        "WHERE x < 300) SELECT x, '[' || x || ',0]' FROM i;"
        "INSERT INTO p(p) VALUES ('optimize'); DELETE FROM p WHERE rowid = 7");
  }
  // What every connection to it answers.
  static Rows Answers(TestConnection* connection) {
    return connection->Rows(
        "SELECT body FROM notes WHERE body MATCH 'music' AND k = 1;"
        "SELECT rowid FROM p('[7,0]', 3);"
        "SELECT vec_to_json(v) FROM p WHERE rowid = 9;"
        "SELECT count(*) FROM semblance_models;"
        "SELECT json_type(semblance_info(), '$.store')");
  }
  static Rows Expected() { return {"a violin concerto", "6", "8", "5", "[9,0]", "1", "object"}; }
  static void ExpectAnswers(TestConnection* connection) {
    EXPECT_EQ(Answers(connection), Expected());
  }

  [[noreturn]] void SearchAsNobody() const;

  const TempFolder folder_;
  const std::string home_ = folder_.File("home");
  const std::string file_ = home_ + "/notes.db";
};

TEST_F(ReadOnly, AConnectionThatOnlyReadsChangesNoFile) {
  const auto before = Everything(home_);
  for (const char* how : {"?mode=ro", "?immutable=1"}) {
    SCOPED_TRACE(how);
    TestConnection reader("file:" + file_ + how);
    ExpectAnswers(&reader);
    EXPECT_THAT(reader.ErrorOf("INSERT INTO notes(body) VALUES ('x')"),
                HasSubstr("attempt to write a readonly database"));
    EXPECT_NE(reader.ErrorOf("INSERT INTO p(p) VALUES ('optimize')"), "");
    EXPECT_THAT(reader.ErrorOf("SELECT semblance_import_model('" + home_ + "', 'mine')"),
                HasSubstr("E_READONLY: the database is opened to be read only"));
  }
  EXPECT_EQ(Everything(home_), before);
}

// Models and searches beside one that goes on writing in this process share what it has open.
TEST_F(ReadOnly, AReaderFollowsTheWriterOfTheSameProcess) {
  TestConnection reader("file:" + file_ + "?mode=ro");
  ExpectAnswers(&reader);
  TestConnection writer(file_);
  writer.Rows("INSERT INTO p(rowid, v) VALUES (1000, '[7,0]')");
  EXPECT_EQ(reader.Rows("SELECT rowid FROM p('[7,0]', 1)"), (Rows{"1000"}));
  writer.Rows("DELETE FROM p WHERE rowid = 1000");
  ExpectAnswers(&reader);
}

// A copy that was made without SQLite's write lock could have the two stores at different commits.
TEST_F(ReadOnly, IsNotBackedUpWithoutTheWriteLock) {
  TestConnection reader("file:" + file_ + "?mode=ro");
  EXPECT_THAT(reader.ErrorOf("SELECT semblance_backup('" + folder_.File("copy") + "')"),
              HasSubstr("E_READONLY: semblance_backup() takes the write lock"));
  EXPECT_FALSE(std::filesystem::exists(folder_.File("copy")));
}

// Ends the process, with 0 when all is well.
void ReadOnly::SearchAsNobody() const {
  constexpr uid_t kNobody = 65534;
  std::string complaint;
  try {
    if (getuid() == 0 && setuid(kNobody) != 0) complaint = "it is still root";
    TestConnection reader(file_);
    for (const std::string& row : Answers(&reader)) complaint += row + "\n";
    std::string expected;
    for (const std::string& row : Expected()) expected += row + "\n";
    if (complaint == expected) complaint.clear();
    if (reader.ErrorOf("INSERT INTO notes(body) VALUES ('x')").empty()) complaint += "it wrote";
    const std::string error = reader.ErrorOf("SELECT semblance_import_model('x', 'mine')");
    if (error.find("E_READONLY") == std::string::npos) complaint += error;
  } catch (const std::exception& error) {
    complaint += error.what();
  }
  std::fputs(complaint.c_str(), stderr);
  _exit(complaint.empty() ? 0 : 1);
}

// In a process of its own user: for root no folder is without write permission.
TEST_F(ReadOnly, AFolderWithoutWritePermissionIsSearched) {
  fs::permissions(folder_.File(""), fs::perms(0755));
  for (const auto& entry : fs::recursive_directory_iterator(home_)) {
    fs::permissions(entry.path(), entry.is_directory() ? fs::perms(0555) : fs::perms(0444));
  }
  fs::permissions(home_, fs::perms(0555));
  const auto before = Everything(home_);
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(SearchAsNobody(), testing::ExitedWithCode(0), "");
  fs::permissions(home_, fs::perms(0755));
  for (const auto& entry : fs::recursive_directory_iterator(home_)) {
    if (entry.is_directory()) fs::permissions(entry.path(), fs::perms(0755));
  }
  EXPECT_EQ(Everything(home_), before);
}

}  // namespace
}  // namespace semblance::test
