// In which precision a model is computed is kept with it, and every connection follows.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <string>

#include "tests/sql/test_connection.h"

namespace semblance::test {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr char kPrecision[] = "SELECT precision FROM semblance_models WHERE name = 'tiny'";
constexpr char kVector[] = "SELECT hex(embed('the old bridge', 'tiny'))";

class PrecisionOfModels : public testing::Test {
 protected:
  PrecisionOfModels() {
    // With layers: precision makes a difference.
    connection_.Rows("SELECT semblance_import_model('" SEMBLANCE_SOURCE_DIR
                     "/tests/encoder/data/bert_uncased', 'tiny', 'avg')");
  }

  TempFolder folder_;
  const std::string file_ = folder_.File("p.db");
  TestConnection connection_{file_};
};

TEST_F(PrecisionOfModels, IsF32UntilSomebodySaysOtherwise) {
  EXPECT_EQ(connection_.Value("SELECT semblance_model_precision('tiny')"), "f32");
  EXPECT_EQ(connection_.Value(kPrecision), "f32");
  EXPECT_EQ(connection_.Value("SELECT computed_in FROM semblance_models WHERE name = 'default'"),
            "f32");
}

TEST_F(PrecisionOfModels, IsSeenByAnotherConnectionAndSurvivesReopening) {
  std::string narrow;
  {
    TestConnection other(file_);
    const std::string exact = connection_.Value(kVector);
    EXPECT_EQ(other.Value(kVector), exact);
    EXPECT_EQ(other.Value("SELECT semblance_model_precision('tiny', 'int8')"), "int8");
    narrow = connection_.Value(kVector);
    EXPECT_NE(narrow, exact);
    EXPECT_EQ(other.Value(kVector), narrow);
    EXPECT_EQ(connection_.Value(kPrecision), "int8");
    EXPECT_EQ(connection_.Value("SELECT semblance_model_precision('tiny', 'f32')"), "f32");
    EXPECT_EQ(other.Value(kVector), exact);
    other.Rows("SELECT semblance_model_precision('tiny', 'int8')");
  }
  connection_.Rows("SELECT 1");
  TestConnection reopened(file_);
  EXPECT_EQ(reopened.Value(kPrecision), "int8");
  EXPECT_EQ(reopened.Value(kVector), narrow);
}

TEST_F(PrecisionOfModels, ATableFollowsItToo) {
  connection_.Rows("CREATE VIRTUAL TABLE notes USING semblance(body TEXT EMBED, model='tiny')");
  connection_.Rows("INSERT INTO notes(body) VALUES ('the old bridge')");
  const char* distance = "SELECT distance < 1e-6 FROM notes('the old bridge', 1)";
  EXPECT_EQ(connection_.Value(distance), "1");
  connection_.Rows("SELECT semblance_model_precision('tiny', 'int8')");
  // The stored vector is f32's: near, and another one.
  EXPECT_EQ(connection_.Value("SELECT distance BETWEEN 1e-6 AND 0.02 FROM notes('the old bridge', "
                              "1)"),
            "1");
  connection_.Rows("INSERT INTO notes(notes) VALUES ('rebuild')");
  EXPECT_EQ(connection_.Value(distance), "1");
}

TEST_F(PrecisionOfModels, AutomaticIsWhatWasMeasured) {
  connection_.Rows(
      "CREATE TABLE dev(a, b, score); INSERT INTO dev VALUES"
      " ('a man plays a guitar', 'a man plays a guitar', 5), ('two dogs', 'two cats', 2),"
      " ('the old bridge', 'stock prices fell', 0), ('it rains', 'it is raining', 4)");
  const std::string result = connection_.Value(
      "SELECT semblance_measure_precision('tiny', 'SELECT a, b, score FROM dev')");
  EXPECT_THAT(result, StartsWith("{\"precision\":\""));
  EXPECT_THAT(result, HasSubstr("\"f32\":"));
  EXPECT_THAT(result, HasSubstr("\"int8\":"));
  const std::string measured = connection_.Value("SELECT semblance_model_precision('tiny')");
  EXPECT_THAT(result, StartsWith("{\"precision\":\"" + measured + "\""));
  connection_.Rows("SELECT semblance_model_precision('tiny', 'f32')");
  EXPECT_EQ(connection_.Value("SELECT semblance_model_precision('tiny', 'auto')"), measured);
}

TEST_F(PrecisionOfModels, AModelWithoutLayersGainsNothing) {
  connection_.Rows(
      "CREATE TABLE dev(a, b, score); INSERT INTO dev VALUES ('a', 'a', 1), ('a', 'b', 0)");
  EXPECT_EQ(connection_.Value("SELECT semblance_measure_precision('default', 'SELECT * FROM dev')"),
            "{\"precision\":\"f32\",\"spearman\":{\"f32\":100.0}}");
}

TEST_F(PrecisionOfModels, WhatProcessorsLackIsComputedInF32) {
  connection_.Rows("SELECT semblance_model_precision('tiny', 'bf16')");
  EXPECT_EQ(connection_.Value(kPrecision), "bf16");
  const std::string computed =
      connection_.Value("SELECT computed_in FROM semblance_models WHERE name = 'tiny'");
  EXPECT_THAT(computed, testing::AnyOf("bf16", "f32"));
  const std::string vector = connection_.Value(kVector);
  connection_.Rows("SELECT semblance_model_precision('tiny', 'f32')");
  EXPECT_EQ(connection_.Value(kVector) == vector, computed == "f32");
}

TEST_F(PrecisionOfModels, ADatabaseThatIsReadOnlyKeepsWhatItHas) {
  connection_.Rows("SELECT semblance_model_precision('tiny', 'int8')");
  TestConnection reader("file:" + file_ + "?mode=ro");
  EXPECT_EQ(reader.Value("SELECT semblance_model_precision('tiny')"), "int8");
  EXPECT_THAT(reader.ErrorOf("SELECT semblance_model_precision('tiny', 'f32')"),
              HasSubstr("E_READONLY"));
}

}  // namespace
}  // namespace semblance::test
