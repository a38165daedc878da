// A training that is killed goes on where it was saved, and ends with the same weights as one that
// was not: each run is a process of its own, killed by SIGKILL at a named point.
#if SEMBLANCE_TRAINING_BUILT

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "tests/tools/cli_test.h"

namespace semblance::cli {
namespace {

using testing::HasSubstr;

class TrainResumeTest : public CliTest {
 protected:
  void SetUp() override {
    Sql("CREATE TABLE t(a TEXT);"
        "WITH RECURSIVE i(x) AS (SELECT 0 UNION ALL SELECT x + 1 FROM i WHERE x < 149) "
        "INSERT INTO t SELECT 'sentence ' || x || ' is about ' || (x * 7 % 31) || ' boats and ' || "
        "(x * 13 % 17) || ' rivers' FROM i;"
        "CREATE TABLE d(a TEXT, b TEXT, s REAL);"
        "INSERT INTO d SELECT a, a || ' today', 5 FROM t LIMIT 20;"
        "INSERT INTO d SELECT x.a, y.a, 1 FROM t x JOIN t y ON y.rowid = x.rowid * 3 LIMIT 20;");
  }

  // A run of 7 steps of warm-up and 14 of training, saved every 3; killed at `point`.
  Outcome Train(const std::string& name, const std::string& point,
                const std::vector<std::string>& more = {}) {
    std::vector<std::string> words = {SEMBLANCE_CLI, "train",           database_,
                                      "--query",     "SELECT a FROM t", "--name",
                                      name,          "--dev",           dev_};
    for (const char* option :
         {"layers=1", "hidden=32", "heads=2", "vocab_size=200", "batch=21", "threads=1", "epochs=2",
          "mlm_epochs=1", "mlm_weight=0.1", "lr=0.003", "report_every=1", "eval_every=2",
          "checkpoint_every=3"}) {
      words.insert(words.end(), {"--option", option});
    }
    words.insert(words.end(), more.begin(), more.end());
    return RunProgram(words, "", {{"SEMBLANCE_CRASH_AT", point}});
  }

  std::string dev_ = "SELECT a, b, s FROM d";
};

TEST_F(TrainResumeTest, AKilledRunEndsWithTheWeightsOfOneThatWasNot) {
  const Outcome whole = Train("whole", "");
  ASSERT_EQ(whole.code, 0) << whole.err;
  const std::string reports =
      "SELECT sequence, phase, step, loss, learning_rate, uniformity, dev_spearman "
      "FROM semblance_metrics JOIN semblance_runs USING (run) WHERE name = ";
  struct Kill {
    const char* point;
    const char* again;  // while it goes on; "" for none
    bool saved;
  };
  int number = 0;
  for (const Kill& kill :
       {Kill{"train:logged:3", "", false}, Kill{"train:saved:1", "", true},
        Kill{"train:reported:6", "", true}, Kill{"train:logged:9", "", true},
        Kill{"train:saved:4", "train:saved:2", true}, Kill{"train:published", "", true}}) {
    SCOPED_TRACE(kill.point);
    const std::string name = "m" + std::to_string(++number);
    EXPECT_EQ(Train(name, kill.point).code, 128 + SIGKILL);
    if (*kill.again != '\0') {
      EXPECT_EQ(Train(name, kill.again, {"--resume"}).code, 128 + SIGKILL);
    }
    const Outcome resumed = Train(name, "", {"--resume"});
    EXPECT_EQ(resumed.code, 0) << resumed.err;
    EXPECT_EQ(resumed.out.find("\nresume") != std::string::npos, kill.saved) << resumed.out;
    EXPECT_EQ(Sql("SELECT count(*) FROM semblance_models WHERE name IN ('whole', '" + name +
                  "') GROUP BY id"),
              "2\n");
    EXPECT_EQ(Sql(reports + "'" + name + "' AND status = 'done'"), Sql(reports + "'whole'"));
  }
}

TEST_F(TrainResumeTest, WhatDiffersFromTheBeginningIsNamed) {
  EXPECT_EQ(Train("m", "train:saved:2").code, 128 + SIGKILL);
  EXPECT_THAT(Train("m", "", {"--resume", "--option", "batch=20"}).err,
              HasSubstr("option \"batch\" was 21 and is 20"));
  dev_ = "SELECT a, b, 5 - s FROM d";
  EXPECT_THAT(Train("m", "", {"--resume"}).err, HasSubstr("the dev query gives other pairs"));
  dev_ = "SELECT a, b, s FROM d";
  Sql("UPDATE t SET a = 'another sentence' WHERE rowid = 9");
  EXPECT_THAT(Train("m", "", {"--resume"}).err, HasSubstr("the training query gives other rows"));
}

}  // namespace
}  // namespace semblance::cli

#endif
