#include "engine/training/run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "tests/training/fixtures.h"

namespace semblance::training {
namespace {

using testing::HasSubstr;

std::string MessageOf(const std::function<void()>& work, encoder::ErrorKind kind) {
  try {
    work();
  } catch (const encoder::Error& error) {
    EXPECT_EQ(error.kind(), kind) << error.what();
    return error.what();
  }
  return "";
}

TEST(Run, UnsupervisedTrainingLowersLossAndUniformity) {
  const Trained trained = Train(
      Rows(240, 1), TinyOptions(R"("epochs":6,"lr":0.002,"report_every":15,"eval_every":15)"));
  const std::vector<Report> reports = trained.Phase("train");
  ASSERT_GE(reports.size(), 3u);
  EXPECT_LT(reports.back().loss, 0.8 * reports.front().loss);
  EXPECT_LT(reports.back().uniformity, reports.front().uniformity - 0.1);
  EXPECT_EQ(reports.back().step, reports.back().total_steps);
  EXPECT_GT(reports.back().sentences_per_second, 0);
  EXPECT_TRUE(std::isnan(reports.back().dev_spearman));
  EXPECT_EQ(trained.reports.front().phase, "tokenizer");
  EXPECT_EQ(trained.reports.back().phase, "done");
}

TEST(Run, PairsTrain) {
  const Trained trained = Train(Rows(200, 2), TinyOptions(R"("epochs":3,"lr":0.003,"sym":true)"));
  EXPECT_LT(trained.Phase("train").back().loss, 0.5 * trained.Phase("train").front().loss);
  EXPECT_THAT(trained.options, HasSubstr(R"("objective":"pairs")"));
}

TEST(Run, PairsWithHardNegativesPushTheNegativeAway) {
  const auto rows = Rows(200, 3);
  const Trained trained =
      Train(rows, TinyOptions(R"("epochs":3,"lr":0.003,"hard_negative_weight":1)"));
  EXPECT_LT(trained.Phase("train").back().loss, 0.6 * trained.Phase("train").front().loss);
  EXPECT_THAT(trained.options, HasSubstr(R"("objective":"triplets")"));
}

TEST(Run, MaskedLanguageModelWarmsUpAndAccompanies) {
  const Trained trained =
      Train(Rows(240, 1), TinyOptions(R"("epochs":1,"mlm_epochs":4,"mlm_weight":0.1,"lr":0.003)"));
  const std::vector<Report> warm_up = trained.Phase("mlm");
  ASSERT_GE(warm_up.size(), 3u);
  EXPECT_LT(warm_up.back().loss, 0.9 * warm_up.front().loss);
  EXPECT_FALSE(trained.Phase("train").empty());
  const Trained alone = Train(Rows(60, 1), TinyOptions(R"("objective":"mlm","epochs":2)"));
  EXPECT_FALSE(alone.Phase("train").empty());
}

TEST(Run, EveryPoolerTrains) {
  for (const char* pooler : {"cls", "cls_before_pooler", "avg", "avg_top2", "avg_first_last"}) {
    const Trained trained =
        Train(Rows(48, 1), TinyOptions(R"("layers":2,"max_steps":3,"pooler":")" +
                                       std::string(pooler) + R"(","mlp_only_train":true)"));
    EXPECT_TRUE(std::isfinite(trained.reports.back().loss)) << pooler;
  }
}

TEST(Run, PoolerHeadOfTrainingOnlyIsNotInTheModel) {
  const Trained with = Train(Rows(48, 1), TinyOptions(R"("max_steps":1,"pooler":"cls")"));
  EXPECT_THAT(std::string(with.model.File("model.safetensors").substr(0, 8192)),
              HasSubstr("pooler.dense.weight"));
  const Trained without =
      Train(Rows(48, 1), TinyOptions(R"("max_steps":1,"pooler":"cls","mlp_only_train":true)"));
  EXPECT_THAT(std::string(without.model.File("model.safetensors").substr(0, 8192)),
              testing::Not(HasSubstr("pooler.dense.weight")));
  EXPECT_THAT(std::string(without.model.File("config.json")), HasSubstr("cls_before_pooler"));
}

TEST(Run, DevPairsAreScoredAndTheBestWeightsKept) {
  std::vector<ScoredPair> dev;
  const auto rows = Rows(60, 2);
  for (size_t i = 0; i < 40; ++i) {
    dev.push_back({rows[i][0], rows[i][1], 5});
    dev.push_back({rows[i][0], rows[(i + 13) % 60][1], 1});
  }
  const Trained trained =
      Train(Rows(200, 2), TinyOptions(R"("epochs":2,"lr":0.003,"report_every":5,"eval_every":5)"),
            nullptr, dev);
  double best = -1;
  for (const Report& report : trained.Phase("train")) best = std::max(best, report.dev_spearman);
  EXPECT_GT(best, 0.5);
  EXPECT_EQ(trained.reports.back().dev_spearman, best);
}

TEST(Run, EndsWhenPatienceIsOverAndKeepsTheBest) {
  std::vector<ScoredPair> dev;
  const auto rows = Rows(60, 2);
  for (size_t i = 0; i < 30; ++i) {
    dev.push_back({rows[i][0], rows[i][1], 5});
    dev.push_back({rows[i][0], rows[(i + 13) % 60][1], 1});
  }
  // Without a learning rate nothing gets better than the first measurement.
  const Trained trained = Train(
      rows, TinyOptions(R"("epochs":50,"lr":0,"report_every":100,"eval_every":3,"patience":4)"),
      nullptr, dev);
  std::vector<int64_t> steps;
  for (const Report& report : trained.Phase("train")) steps.push_back(report.step);
  EXPECT_EQ(steps, (std::vector<int64_t>{3, 6, 9, 12, 15}));
  EXPECT_EQ(trained.reports.back().phase, "done");
  EXPECT_EQ(trained.reports.back().step, 15);
  EXPECT_GT(trained.reports.back().total_steps, 100);
  EXPECT_THAT(MessageOf([&] { Train(rows, TinyOptions(R"("patience":4)")); },
                        encoder::ErrorKind::kInvalid),
              HasSubstr("give a \"dev\" query"));
}

TEST(Run, MeasuresEverySoManyStepsWhateverTheReports) {
  const Trained trained = Train(
      Rows(96, 1), TinyOptions(R"("epochs":2,"report_every":5,"eval_every":4,"max_steps":11)"));
  std::vector<int64_t> reported, measured;
  for (const Report& report : trained.Phase("train")) {
    reported.push_back(report.step);
    if (std::isnan(report.anisotropy)) continue;
    measured.push_back(report.step);
    EXPECT_TRUE(std::isfinite(report.alignment + report.uniformity));
    EXPECT_GT(report.anisotropy, -1);
    EXPECT_LT(report.anisotropy, 1);
  }
  EXPECT_EQ(reported, (std::vector<int64_t>{4, 5, 8, 10, 11}));
  EXPECT_EQ(measured, (std::vector<int64_t>{4, 8, 11}));
}

TEST(Run, EveryAugmentationTrains) {
  for (const char* options :
       {R"("augment":"crop")", R"("augment":"delete_words")", R"("augment":"delete_word")",
        R"("augment":"next_sentence","dual_encoder":true)", R"("fixed_mask":true)",
        R"("augment":"mlm","mlm_epochs":1)", R"("chunk":5,"dims":[8,16])"}) {
    const Trained trained =
        Train(Rows(64, 1), TinyOptions(R"("max_steps":4,)" + std::string(options)));
    EXPECT_TRUE(std::isfinite(trained.reports.back().loss)) << options;
    EXPECT_EQ(Train(Rows(64, 1), TinyOptions(R"("max_steps":4,)" + std::string(options))).model.Id(),
              trained.model.Id())
        << options;
  }
}

TEST(Run, SameSeedGivesTheSameBytesAndAnotherSeedOthers) {
  const std::string options = TinyOptions(R"("max_steps":6,"mlm_weight":0.1)");
  const encoder::ModelPackage first = Train(Rows(100, 1), options).model;
  const encoder::ModelPackage second = Train(Rows(100, 1), options).model;
  EXPECT_EQ(first.File("model.safetensors"), second.File("model.safetensors"));
  EXPECT_EQ(first.File("tokenizer.model"), second.File("tokenizer.model"));
  const encoder::ModelPackage other =
      Train(Rows(100, 1), TinyOptions(R"("max_steps":6,"mlm_weight":0.1,"seed":2)")).model;
  EXPECT_NE(first.File("model.safetensors"), other.File("model.safetensors"));
}

TEST(Run, StopsWhenAskedAndGivesNoModel) {
  ListedRows rows(Rows(100, 1));
  TrainingInputs inputs;
  inputs.rows = &rows;
  inputs.options_json = TinyOptions();
  const auto run = StartRun(inputs);
  Report report;
  ASSERT_TRUE(run->Next(&report, {}));
  int polls = 0;
  const auto cancel = [&polls] { return ++polls > 3; };
  EXPECT_THAT(MessageOf([&] { run->Next(&report, cancel); }, encoder::ErrorKind::kInterrupted),
              HasSubstr("interrupted"));
  EXPECT_EQ(polls, 4);
  EXPECT_THAT(MessageOf([&] { run->TakeModel(); }, encoder::ErrorKind::kInvalid),
              HasSubstr("not complete"));
}

TEST(Run, TextThatCannotTrainIsAnError) {
  const auto train = [](const std::vector<std::vector<std::string>>& rows) {
    return MessageOf([&] { Train(rows, TinyOptions()); }, encoder::ErrorKind::kInvalid);
  };
  EXPECT_THAT(train({}), HasSubstr("no text"));
  EXPECT_THAT(train({{" "}, {""}}), HasSubstr("no text"));
  EXPECT_THAT(train({{"the same"}, {"the same"}, {"the same"}}), HasSubstr("two different rows"));
}

TEST(Run, LossThatIsNoNumberIsAnErrorWithAdvice) {
  const std::string options = TinyOptions(R"("lr":1,"clip":0,"weight_decay":1,"epochs":50)");
  // Either the run survives such a rate or it says what to change; it never gives a model of NaN.
  try {
    const Trained trained = Train(Rows(100, 1), options);
    EXPECT_TRUE(std::isfinite(trained.reports.back().loss));
  } catch (const encoder::Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("lower lr"));
  }
}

}  // namespace
}  // namespace semblance::training
