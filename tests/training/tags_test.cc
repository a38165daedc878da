// Pairs whose sides carry tags: batches that are balanced over them, and what is measured by them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "engine/training/batches.h"
#include "engine/training/retrieval.h"
#include "tests/training/fixtures.h"

namespace semblance::training {
namespace {

using testing::HasSubstr;

// `counts` rows of each tag pair, mixed.
Corpus Tagged(const std::vector<size_t>& counts) {
  Corpus corpus(1);
  int32_t text = 10;
  for (size_t i = 0; i < *std::max_element(counts.begin(), counts.end()); ++i) {
    for (size_t tag = 0; tag < counts.size(); ++tag) {
      if (i >= counts[tag]) continue;
      corpus.Add({2, text++, 3});
      corpus.Tag("en", "tag " + std::to_string(tag));
    }
  }
  return corpus;
}

std::vector<size_t> Shares(const Corpus& corpus, const std::vector<uint32_t>& batch) {
  std::vector<size_t> shares(corpus.tag_pairs());
  for (const uint32_t row : batch) ++shares[corpus.tag_pair(row)];
  return shares;
}

TEST(Tags, EachCombinationHasAnEqualShareOfEachBatchWhileItHasRows) {
  const Corpus corpus = Tagged({40, 40, 8});
  size_t with_all = 0, rows = 0;
  std::set<uint32_t> seen;
  for (const auto& batch : PlanEpoch(corpus, 0, 0, {12, 3, "rows"})) {
    const std::vector<size_t> shares = Shares(corpus, batch);
    if (shares == std::vector<size_t>{4, 4, 4}) {
      ++with_all;
    } else if (batch.size() == 12) {
      EXPECT_EQ(shares, (std::vector<size_t>{6, 6, 0}));
    }
    rows += batch.size();
    seen.insert(batch.begin(), batch.end());
  }
  EXPECT_EQ(with_all, 2u);
  EXPECT_EQ(rows, 88u);
  EXPECT_EQ(seen.size(), 88u);
}

TEST(Tags, WhatIsOneOverGoesRound) {
  const Corpus corpus = Tagged({30, 30, 30});
  std::map<size_t, size_t> most;
  for (const auto& batch : PlanEpoch(corpus, 0, 0, {10, 3, "rows"})) {
    const std::vector<size_t> shares = Shares(corpus, batch);
    EXPECT_EQ(*std::min_element(shares.begin(), shares.end()), 3u);
    ++most[static_cast<size_t>(std::max_element(shares.begin(), shares.end()) - shares.begin())];
  }
  EXPECT_EQ(most, (std::map<size_t, size_t>{{0, 3}, {1, 3}, {2, 3}}));
}

TEST(Tags, MoreCombinationsThanABatchHasRowsTakeTurns) {
  const Corpus corpus = Tagged({6, 6, 6, 6, 6});
  std::set<uint32_t> seen;
  for (const auto& batch : PlanEpoch(corpus, 0, 0, {2, 3, "rows"})) {
    EXPECT_EQ(batch.size(), 2u);
    EXPECT_NE(corpus.tag_pair(batch[0]), corpus.tag_pair(batch[1]));
    seen.insert(batch.begin(), batch.end());
  }
  EXPECT_EQ(seen.size(), 30u);
}

TEST(Tags, OrderDependsOnSeedAndEpochOnly) {
  const Corpus corpus = Tagged({20, 10});
  for (const char* shuffle : {"rows", "batches"}) {
    EXPECT_EQ(PlanEpoch(corpus, 0, 2, {4, 5, shuffle}), PlanEpoch(corpus, 0, 2, {4, 5, shuffle}));
    EXPECT_NE(PlanEpoch(corpus, 0, 2, {4, 5, shuffle}), PlanEpoch(corpus, 0, 3, {4, 5, shuffle}));
  }
  EXPECT_EQ(PlanEpoch(corpus, 0, 0, {4, 1, "none"})[0], (std::vector<uint32_t>{0, 2, 1, 3}));
}

TEST(Tags, RetrievalCountsOwnNearestInBothDirections) {
  const std::vector<float> a = {1, 0, 3, 1}, b = {1, 0, 1, 3};
  const Retrieval found = RetrievePairs(a, b, 2, [] { return false; });
  EXPECT_EQ(found.forward, (std::vector<double>{1, 0}));
  EXPECT_EQ(found.backward, (std::vector<double>{1, 1}));
  EXPECT_TRUE(RetrievePairs(a, b, 2, [] { return true; }).forward.empty());
}

class TaggedRows : public ListedRows {
 public:
  explicit TaggedRows(std::vector<std::vector<std::string>> rows) : ListedRows(std::move(rows)) {}
  int columns() const override { return ListedRows::columns() - 2; }
  bool tagged() const override { return true; }
};

class TaggedRun : public testing::Test {
 protected:
  TaggedRun() {
    for (std::vector<std::string>& row : Rows(96, 2)) {
      const bool first = rows_.size() % 3 == 0;
      row.push_back("en");
      row.push_back(first ? "\"de\"" : "fr");
      rows_.push_back(row);
      if (pairs_.size() < 20) pairs_.push_back({row[0], row[1], row[2], row[3]});
    }
  }
  encoder::ModelPackage Go(const encoder::ModelPackage* from, size_t reports) {
    TaggedRows source(rows_);
    TrainingInputs inputs;
    inputs.rows = &source;
    inputs.eval_pairs = pairs_;
    inputs.options_json = TinyOptions(
        R"("epochs":2,"lr":0.005,"report_every":1,"eval_every":3,"tags":true,"batch":8)");
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
      return error.what();
    }
    return "";
  }

  std::vector<std::vector<std::string>> rows_;
  std::vector<TaggedPair> pairs_;
  std::vector<Report> reports_;
};

TEST_F(TaggedRun, GoesOnFromEveryReportToTheSameBytes) {
  const encoder::ModelPackage whole = Go(nullptr, 1000);
  const std::vector<Report> all = reports_;
  ASSERT_GT(all.size(), 12u);
  for (size_t stop = 1; stop + 1 < all.size(); stop += 3) {
    const encoder::ModelPackage checkpoint = Go(nullptr, stop);
    EXPECT_EQ(Go(&checkpoint, 1000).Id(), whole.Id()) << "stopped after report " << stop;
    EXPECT_EQ(reports_.back().retrieval, all.back().retrieval);
    EXPECT_EQ(reports_.back().by_tags, all.back().by_tags);
  }
}

TEST_F(TaggedRun, MeasuresByTags) {
  Go(nullptr, 1000);
  const auto found = nlohmann::json::parse(reports_.back().by_tags);
  ASSERT_EQ(found["pairs"].size(), 2u);
  EXPECT_EQ(found["pairs"][0]["b"], "\"de\"");
  EXPECT_EQ(found["pairs"][1]["b"], "fr");
  double sum = 0;
  for (const auto& pair : found["pairs"]) {
    EXPECT_EQ(pair["a"], "en");
    EXPECT_GE(pair["alignment"], 0.0);
    sum += pair["count"].get<double>() *
           (pair["a_to_b"].get<double>() + pair["b_to_a"].get<double>()) / 2;
  }
  EXPECT_NEAR(sum / 20, reports_.back().retrieval, 1e-6);
  EXPECT_GT(reports_.back().retrieval, 0.3) << "a sentence and the same words around it";
  ASSERT_EQ(found["tags"].size(), 3u);
  EXPECT_EQ(found["tags"][1]["tag"], "en");
  EXPECT_EQ(found["tags"][1]["count"], 20);
  EXPECT_LT(found["tags"][1]["uniformity"], 0.0);
  EXPECT_TRUE(std::isnan(reports_[1].retrieval)) << "between two measurements";
}

TEST_F(TaggedRun, WithOtherTagsOrHeldOutPairsIsRefusedByName) {
  const encoder::ModelPackage checkpoint = Go(nullptr, 3);
  rows_[5][3] = "it";
  EXPECT_THAT(MessageOfGoingOn(checkpoint), HasSubstr("other rows"));
  rows_[5][3] = "fr";
  pairs_[4].tag_b = "it";
  EXPECT_THAT(MessageOfGoingOn(checkpoint), HasSubstr("eval_pairs"));
}

}  // namespace
}  // namespace semblance::training
