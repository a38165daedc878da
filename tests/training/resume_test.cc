// A run that goes on from a checkpoint, taken after any report, is the run that was not stopped.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/training/fixtures.h"

namespace semblance::training {
namespace {

using testing::HasSubstr;

std::vector<ScoredPair> Dev() {
  std::vector<ScoredPair> dev;
  const auto rows = Rows(60, 2);
  for (size_t i = 0; i < 30; ++i) {
    dev.push_back({rows[i][0], rows[i][1], 5});
    dev.push_back({rows[i][0], rows[(i + 13) % 60][1], 1});
  }
  return dev;
}

class Resume : public testing::Test {
 protected:
  // Makes at most `reports` reports; the checkpoint after the last of them when there are more.
  encoder::ModelPackage Go(const encoder::ModelPackage* from, size_t reports) {
    ListedRows source(rows_);
    TrainingInputs inputs;
    inputs.rows = &source;
    inputs.dev = dev_;
    inputs.base = base_;
    inputs.options_json = options_;
    inputs.checkpoint = from;
    const auto run = StartRun(inputs);
    reports_.clear();
    for (Report report; reports_.size() < reports;) {
      if (!run->Next(&report, {})) return run->TakeModel();
      reports_.push_back(report);
    }
    return run->Checkpoint();
  }
  std::string MessageOfGoingOn(const encoder::ModelPackage& checkpoint) {
    try {
      Go(&checkpoint, 1000);
    } catch (const encoder::Error& error) {
      EXPECT_EQ(error.kind(), encoder::ErrorKind::kInvalid);
      return error.what();
    }
    return "";
  }

  std::vector<std::vector<std::string>> rows_ = Rows(60, 1);
  std::vector<ScoredPair> dev_ = Dev();
  const encoder::ModelPackage* base_ = nullptr;
  std::string options_ =
      TinyOptions(R"("epochs":2,"mlm_epochs":1,"mlm_weight":0.1,"lr":0.01,"report_every":1,)"
                  R"("eval_every":3,"patience":50)");
  std::vector<Report> reports_;
};

TEST_F(Resume, AfterEveryReportGivesTheSameBytes) {
  const encoder::ModelPackage whole = Go(nullptr, 1000);
  const std::vector<Report> all = reports_;
  ASSERT_GT(all.size(), 12u);
  for (size_t stop = 1; stop + 1 < all.size(); ++stop) {
    const encoder::ModelPackage checkpoint = Go(nullptr, stop);
    const encoder::ModelPackage resumed = Go(&checkpoint, 1000);
    EXPECT_EQ(resumed.Id(), whole.Id()) << "stopped after report " << stop;
    ASSERT_EQ(reports_.size(), all.size() - stop + 1);
    EXPECT_EQ(reports_[0].phase, "resume");
    EXPECT_EQ(reports_[0].step, all[stop].step - 1);
    EXPECT_EQ(reports_[1].loss, all[stop].loss);
    EXPECT_EQ(reports_.back().dev_spearman, all.back().dev_spearman);
  }
}

TEST_F(Resume, OfARunWithABaseAndWithoutDevPairs) {
  const encoder::ModelPackage base = Train(Rows(60, 2), TinyOptions(R"("max_steps":2)")).model;
  base_ = &base;
  dev_.clear();
  rows_ = Rows(100, 3);
  options_ = R"({"batch":16,"threads":1,"report_every":2,"eval_every":2,"dual_encoder":true})";
  const encoder::ModelPackage whole = Go(nullptr, 1000);
  const encoder::ModelPackage checkpoint = Go(nullptr, 3);
  EXPECT_EQ(Go(&checkpoint, 1000).Id(), whole.Id());
}

TEST_F(Resume, WithOtherReportsOrCheckpointsIsAllowed) {
  const encoder::ModelPackage whole = Go(nullptr, 1000);
  const encoder::ModelPackage checkpoint = Go(nullptr, 4);
  options_.insert(options_.size() - 1, R"(,"report_every":7,"checkpoint_every":2)");
  EXPECT_EQ(Go(&checkpoint, 1000).Id(), whole.Id());
}

TEST_F(Resume, WithWhatDiffersIsRefusedByName) {
  const encoder::ModelPackage checkpoint = Go(nullptr, 3);
  const std::string same = options_;
  options_.insert(options_.size() - 1, R"(,"seed":2)");
  EXPECT_THAT(MessageOfGoingOn(checkpoint), HasSubstr("option \"seed\" was 1 and is 2"));
  options_ = same;
  rows_[7][0] = "again " + rows_[7][0];
  EXPECT_THAT(MessageOfGoingOn(checkpoint), HasSubstr("other rows"));
  rows_ = Rows(60, 1);
  dev_[3].score = 2;
  EXPECT_THAT(MessageOfGoingOn(checkpoint), HasSubstr("the dev query"));
  dev_ = Dev();
  const encoder::ModelPackage base = Train(Rows(60, 2), TinyOptions(R"("max_steps":2)")).model;
  base_ = &base;
  options_ = R"({"batch":16,"threads":1})";
  EXPECT_THAT(MessageOfGoingOn(checkpoint), HasSubstr("cannot go on"));
}

TEST_F(Resume, ACheckpointIsDueAfterAsManyStepsAsWereAsked) {
  ListedRows source(rows_);
  TrainingInputs inputs;
  inputs.rows = &source;
  inputs.options_json = TinyOptions(R"("max_steps":9,"epochs":9,"report_every":2,"eval_every":9,)"
                                    R"("checkpoint_every":3)");
  const auto run = StartRun(inputs);
  std::vector<int64_t> due;
  for (Report report; run->Next(&report, {});) {
    if (!run->CheckpointDue()) continue;
    due.push_back(report.step);
    run->Checkpoint();
  }
  EXPECT_EQ(due, (std::vector<int64_t>{4, 8}));
}

TEST_F(Resume, ADamagedCheckpointIsAnError) {
  encoder::ModelPackage checkpoint = Go(nullptr, 3);
  checkpoint.Add("checkpoint.json", R"({"format":1})");
  EXPECT_THROW(Go(&checkpoint, 1000), encoder::Error);
  checkpoint = Go(nullptr, 3);
  checkpoint.Add("first.safetensors", "nothing");
  EXPECT_THROW(Go(&checkpoint, 1000), encoder::Error);
}

}  // namespace
}  // namespace semblance::training
