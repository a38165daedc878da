// One byte of any file of the store is another one: what is asked gives the right answer, or an
// error that says what is damaged; and what can be made again is made again.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "tests/sql/test_connection.h"

namespace semblance::test {
namespace {

namespace fs = std::filesystem;
using Rows = std::vector<std::string>;

#if defined(__SANITIZE_ADDRESS__)
constexpr int kFlips = 15;
#else
constexpr int kFlips = 60;
#endif

constexpr const char* kQuestions[] = {
    "SELECT rowid, distance FROM p WHERE v MATCH '[7,1,3,0]' AND k = 25",
    "SELECT rowid, distance FROM p WHERE v MATCH '[900,1,3,0]' AND k = 5 AND tag = 'odd'",
    "SELECT rowid, distance FROM q WHERE v MATCH '[70,1,3,0]' AND k = 25",
    "SELECT rowid, vec_to_json(v) FROM q WHERE rowid < 20",
    "SELECT count(*) FROM p WHERE v MATCH '[0,0,0,0]'",
    "SELECT rowid FROM notes WHERE body MATCH 'music' AND k = 3",
    "SELECT count(*), min(dimension) FROM semblance_models"};

class Damage : public testing::Test {
 protected:
  Damage() {
    {
      TestConnection connection(file_);
      for (const std::string table : {"p", "q"}) {
        connection.Rows("CREATE VIRTUAL TABLE " + table +
                        " USING semblance(v FLOAT[4] "
                        "distance_metric=l2" +
                        (table == "q" ? " quantization=sq8" : "") + ", tag TEXT)");
        connection.Rows(
            "WITH RECURSIVE i(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM i WHERE x < "
            "3000) INSERT INTO " +
            table +
            "(rowid, v, tag) SELECT x, '[' || x || ',' "
            "|| (x * 7919 % 97) || ',' || (x % 13) || ',1]', CASE x % 2 WHEN 0 THEN "
            "'even' ELSE 'odd' END FROM i");
        connection.Rows("INSERT INTO " + table + "(" + table + ") VALUES ('optimize')");
        connection.Rows("DELETE FROM " + table + " WHERE rowid % 50 = 7");
        connection.Rows("UPDATE " + table + " SET v = '[5,5,5,5]' WHERE rowid % 100 = 9");
      }
      connection.Rows(
          "CREATE VIRTUAL TABLE notes USING semblance(body TEXT EMBED);"
          "INSERT INTO notes(body) VALUES ('a violin concerto'), ('a plate of pasta'),"
          "('winter'), ('a guitar')");
      for (const char* question : kQuestions) expected_.push_back(connection.Rows(question));
    }
    fs::copy(home_, pristine_, fs::copy_options::recursive);
    for (const auto& entry : fs::directory_iterator(home_ + "/d.db-semblance"))
      if (entry.file_size() > 0) files_.push_back(entry.path());
    std::sort(files_.begin(), files_.end());
  }
  void Restore() {
    fs::remove_all(home_);
    fs::copy(pristine_, home_, fs::copy_options::recursive);
  }
  std::string FlipOne(std::mt19937* random) {
    const fs::path& path = files_[(*random)() % files_.size()];
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    const auto at = static_cast<std::streamoff>((*random)() % fs::file_size(path));
    file.seekg(at);
    const char byte = static_cast<char>(file.get());
    file.seekp(at);
    file.put(static_cast<char>(byte ^ (1 << ((*random)() % 8))));
    return path.filename().string() + " at " + std::to_string(at);
  }
  // The message must name what is damaged: its folder, file or record.
  static void ExpectNamed(const std::string& error) {
    EXPECT_THAT(error, testing::ContainsRegex(
                           "semblance: E_(CORRUPT|OUT_OF_STEP|FORMAT|MODEL|IO|SNAPSHOT): "));
    EXPECT_THAT(error, testing::AnyOf(testing::HasSubstr("d.db-semblance"),
                                      testing::HasSubstr("collection"),
                                      testing::HasSubstr("the store"), testing::HasSubstr("model")))
        << error;
  }

  const TempFolder folder_;
  const std::string home_ = folder_.File("home");
  const std::string pristine_ = folder_.File("pristine");
  const bool made_ = fs::create_directory(home_);
  const std::string file_ = home_ + "/d.db";
  std::vector<Rows> expected_;
  std::vector<fs::path> files_;
};

TEST_F(Damage, OfOneByteGivesTheRightAnswerOrAnErrorThatNamesIt) {
  std::mt19937 random(17);
  int errors = 0, rebuilt = 0;
  for (int flip = 0; flip < kFlips; ++flip) {
    Restore();
    SCOPED_TRACE(FlipOne(&random));
    TestConnection connection(file_);
    bool damaged = false;
    for (size_t i = 0; i < std::size(kQuestions); ++i) {
      try {
        EXPECT_EQ(connection.Rows(kQuestions[i]), expected_[i]) << kQuestions[i];
      } catch (const SqlError& error) {
        ExpectNamed(error.what());
        damaged = true;
      }
    }
    const std::string check = connection.ErrorOf("INSERT INTO p(p) VALUES ('integrity-check')");
    if (!check.empty()) ExpectNamed(check);
    const std::string rebuild = connection.ErrorOf("INSERT INTO notes(notes) VALUES ('rebuild')");
    if (rebuild.empty()) {
      EXPECT_EQ(connection.Rows(kQuestions[5]), expected_[5]);
      EXPECT_EQ(connection.ErrorOf("INSERT INTO notes(notes) VALUES ('integrity-check')"), "");
      rebuilt += damaged;
    } else {
      ExpectNamed(rebuild);
    }
    errors += damaged;
  }
  EXPECT_GT(errors, kFlips / 10);
  RecordProperty("errors", errors);
  RecordProperty("rebuilt", rebuilt);
}

// Text and metadata are SQLite's: without the folder, a table of texts is whole after a rebuild.
TEST_F(Damage, OfTheWholeFolderCostsATableOfTextsNothing) {
  for (const fs::path& path : files_) std::ofstream(path) << "noise";
  {
    TestConnection connection(file_);
    ExpectNamed(connection.ErrorOf(kQuestions[5]));
    ExpectNamed(connection.ErrorOf("INSERT INTO notes(notes) VALUES ('rebuild')"));
  }
  fs::remove_all(home_ + "/d.db-semblance");
  TestConnection connection(file_);
  connection.Rows("INSERT INTO notes(notes) VALUES ('rebuild')");
  EXPECT_EQ(connection.Rows(kQuestions[5]), expected_[5]);
}

}  // namespace
}  // namespace semblance::test
