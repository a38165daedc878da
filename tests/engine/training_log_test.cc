#include "engine/training_log.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/engine/sample_collection.h"

namespace semblance::engine {
namespace {

TEST(TrainingLogTest, RunsAreNumberedFromOneAndKeepWhatWasSaid) {
  const auto store = MemoryStore();
  TrainingLog log(store);
  RunInfo info;
  info.name = "notes-v1";
  info.base = "default";
  info.query = "SELECT body FROM notes WHERE body <> 'it''s'";
  info.options = R"({"epochs":1})";
  EXPECT_EQ(log.Begin(info), 1u);
  EXPECT_EQ(log.Begin(info), 2u);
  const auto runs = TrainingLog(store).Runs();
  ASSERT_EQ(runs.size(), 2u);
  EXPECT_EQ(runs[0].run, 1u);
  EXPECT_EQ(runs[1].run, 2u);
  EXPECT_EQ(runs[0].name, info.name);
  EXPECT_EQ(runs[0].base, info.base);
  EXPECT_EQ(runs[0].query, info.query);
  EXPECT_EQ(runs[0].options, info.options);
  EXPECT_EQ(runs[0].status, "running");
  EXPECT_EQ(runs[0].finished, "");
  EXPECT_EQ(runs[0].started.size(), std::string("2000-01-01T00:00:00Z").size());
}

TEST(TrainingLogTest, AnUpdateReplacesTheRecord) {
  TrainingLog log(MemoryStore());
  log.Begin({});
  RunInfo info = log.Runs().at(0);
  info.status = "failed";
  info.error = "no row";
  info.finished = NowUtc();
  log.Update(info);
  const auto runs = log.Runs();
  ASSERT_EQ(runs.size(), 1u);
  EXPECT_EQ(runs[0].status, "failed");
  EXPECT_EQ(runs[0].error, "no row");
  EXPECT_EQ(runs[0].finished, info.finished);
}

TEST(TrainingLogTest, ReportsComeBackByRunThenSequence) {
  TrainingLog log(MemoryStore());
  training::Report report;
  report.phase = "train";
  report.step = 300;
  report.total_steps = 1000;
  report.epoch = 0.25;
  report.loss = 1.5;
  report.learning_rate = 3e-5;
  report.alignment = 0.125;
  report.uniformity = std::numeric_limits<double>::quiet_NaN();
  report.dev_spearman = std::numeric_limits<double>::quiet_NaN();
  log.Append(2, 1, report);
  log.Append(1, 300, report);
  log.Append(1, 2, report);
  const auto metrics = log.Metrics();
  ASSERT_EQ(metrics.size(), 3u);
  EXPECT_EQ(metrics[0].run, 1u);
  EXPECT_EQ(metrics[0].sequence, 2u);
  EXPECT_EQ(metrics[1].sequence, 300u);
  EXPECT_EQ(metrics[2].run, 2u);
  const training::Report& kept = metrics[0].report;
  EXPECT_EQ(kept.phase, "train");
  EXPECT_EQ(kept.step, 300);
  EXPECT_EQ(kept.total_steps, 1000);
  EXPECT_EQ(kept.epoch, 0.25);
  EXPECT_EQ(kept.loss, 1.5);
  EXPECT_EQ(kept.learning_rate, 3e-5);
  EXPECT_EQ(kept.alignment, 0.125);
  EXPECT_TRUE(std::isnan(kept.uniformity)) << "what was not measured is not a number";
  EXPECT_TRUE(std::isnan(kept.dev_spearman));
}

TEST(TrainingLogTest, ADamagedRecordIsSaidToBe) {
  const auto store = MemoryStore();
  TrainingLog log(store);
  log.Begin({});
  std::string key;
  {
    const auto cursor = store->Scan(kRuns, "run/");
    ASSERT_TRUE(cursor->Valid());
    key = cursor->Key();
  }
  const auto transaction = store->Begin();
  transaction->Put(kRuns, key, "{");
  transaction->Commit(false);
  EXPECT_EQ(KindThrownBy([&] { log.Runs(); }), ErrorKind::kCorruption);
}

}  // namespace
}  // namespace semblance::engine
