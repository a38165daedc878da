#include "engine/training/batches.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace semblance::training {
namespace {

// Rows of one text each; equal numbers are equal texts.
Corpus CorpusOf(const std::vector<int32_t>& texts) {
  Corpus corpus(1);
  for (const int32_t text : texts) corpus.Add({2, text, 3});
  return corpus;
}

std::vector<uint32_t> Sorted(const std::vector<std::vector<uint32_t>>& batches) {
  std::vector<uint32_t> rows;
  for (const auto& batch : batches) rows.insert(rows.end(), batch.begin(), batch.end());
  std::sort(rows.begin(), rows.end());
  return rows;
}

TEST(Batches, EveryRowStandsInAnEpochOnce) {
  const Corpus corpus = CorpusOf({10, 11, 12, 13, 14, 15, 16, 17, 18, 19});
  for (const char* shuffle : {"rows", "batches", "none"}) {
    const auto batches = PlanEpoch(corpus, 0, 0, {4, 1, shuffle});
    EXPECT_EQ(batches.size(), 3u) << shuffle;
    EXPECT_EQ(Sorted(batches), (std::vector<uint32_t>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9})) << shuffle;
  }
}

TEST(Batches, NoTextStandsTwiceInOneBatch) {
  std::vector<int32_t> texts;
  for (int32_t i = 0; i < 60; ++i) texts.push_back(10 + i % 12);
  const Corpus corpus = CorpusOf(texts);
  const auto batches = PlanEpoch(corpus, 0, 0, {8, 7, "rows"});
  size_t rows = 0;
  for (const auto& batch : batches) {
    std::set<int32_t> seen;
    for (const uint32_t row : batch) EXPECT_TRUE(seen.insert(texts[row]).second);
    EXPECT_GE(batch.size(), 2u);
    rows += batch.size();
  }
  EXPECT_GE(rows, 55u);
}

TEST(Batches, ATextStandsTwiceWhereThatIsAskedFor) {
  const Corpus corpus = CorpusOf({10, 10, 10, 11});
  EXPECT_EQ(PlanEpoch(corpus, 0, 0, {4, 1, "none", false}),
            (std::vector<std::vector<uint32_t>>{{0, 1, 2, 3}}));
  EXPECT_EQ(PlanEpoch(corpus, 0, 0, {4, 1, "none", true}),
            (std::vector<std::vector<uint32_t>>{{0, 3}}));
}

TEST(Batches, RowsThatAreAllTheSameGiveNoBatch) {
  EXPECT_TRUE(PlanEpoch(CorpusOf({9, 9, 9, 9}), 0, 0, {2, 1, "rows"}).empty());
  EXPECT_TRUE(PlanEpoch(CorpusOf({}), 0, 0, {2, 1, "rows"}).empty());
}

TEST(Batches, OrderDependsOnSeedAndEpochOnly) {
  const Corpus corpus = CorpusOf({10, 11, 12, 13, 14, 15, 16, 17});
  EXPECT_EQ(PlanEpoch(corpus, 0, 3, {4, 5, "rows"}), PlanEpoch(corpus, 0, 3, {4, 5, "rows"}));
  EXPECT_NE(PlanEpoch(corpus, 0, 3, {4, 5, "rows"}), PlanEpoch(corpus, 0, 4, {4, 5, "rows"}));
  EXPECT_NE(PlanEpoch(corpus, 0, 3, {4, 5, "rows"}), PlanEpoch(corpus, 0, 3, {4, 6, "rows"}));
}

TEST(Batches, HeldOutRowsAreNotTrainedOn) {
  EXPECT_EQ(Sorted(PlanEpoch(CorpusOf({10, 11, 12, 13}), 2, 0, {2, 1, "rows"})),
            (std::vector<uint32_t>{2, 3}));
}

TEST(Packing, GroupsSentencesOfOneLengthAndRemembersWhereTheyCameFrom) {
  const std::vector<int32_t> a = {2, 5, 6, 3}, b = {2, 3}, c = {2, 7, 8, 3};
  const PackedBatch packed = Pack({a, b, c});
  EXPECT_EQ(packed.ids, (std::vector<int64_t>{2, 3, 2, 5, 6, 3, 2, 7, 8, 3}));
  EXPECT_EQ(packed.positions, (std::vector<int64_t>{0, 1, 0, 1, 2, 3, 0, 1, 2, 3}));
  EXPECT_EQ(packed.source, (std::vector<int64_t>{1, 0, 2}));
  ASSERT_EQ(packed.groups.size(), 2u);
  EXPECT_EQ(packed.groups[1].first_token, 2);
  EXPECT_EQ(packed.groups[1].sentences, 2);
  EXPECT_EQ(packed.groups[1].length, 4);
}

}  // namespace
}  // namespace semblance::training
