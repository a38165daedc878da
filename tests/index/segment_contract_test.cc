// What every kind of segment promises under every metric, held to brute force in double.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "index/segment.h"
#include "tests/index/sample.h"

namespace semblance::index {
namespace {

class SegmentContract : public testing::TestWithParam<std::tuple<Variant, Metric>> {
 protected:
  Variant variant() const { return std::get<0>(GetParam()); }
  Kind kind() const { return variant().kind; }
  Metric metric() const { return std::get<1>(GetParam()); }

  std::shared_ptr<const Segment> Build(const Sample& sample) const {
    return Build(sample.dimension, sample.row_ids, sample.vectors);
  }
  std::shared_ptr<const Segment> Build(uint32_t dimension, const std::vector<int64_t>& row_ids,
                                       const std::vector<float>& vectors) const {
    return Segment::Build(Options(variant(), metric(), dimension, row_ids, vectors), row_ids,
                          vectors);
  }

  // Distances must be the oracle's, up to f32; rows may change places only at the same distance.
  void ExpectExact(const std::vector<Neighbour>& found, const Sample& sample,
                   std::span<const float> query, const PositionSet* allowed, size_t k) const {
    const std::vector<Expected> expected = Oracle(metric(), sample, query, allowed);
    ASSERT_EQ(found.size(), std::min(k, expected.size()));
    for (size_t i = 0; i < found.size(); ++i) {
      const double tolerance = 2e-5 * (1 + std::abs(expected[i].distance));
      EXPECT_NEAR(found[i].distance, expected[i].distance, tolerance) << "neighbour " << i;
      ASSERT_LT(found[i].position, sample.size());
      EXPECT_EQ(sample.row_ids[found[i].position], found[i].row_id);
      EXPECT_NEAR(
          found[i].distance,
          Distance(metric(), query.data(), sample.row(found[i].position).data(), sample.dimension),
          tolerance);
      EXPECT_TRUE(allowed == nullptr || allowed->Contains(found[i].position));
      EXPECT_TRUE(i == 0 || Nearer(found[i - 1], found[i])) << "neighbour " << i;
    }
  }
};

ErrorKind KindOf(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    EXPECT_GT(std::string(error.what()).size(), 10u);
    return error.kind();
  }
  ADD_FAILURE() << "nothing was thrown";
  return ErrorKind::kLibrary;
}

TEST_P(SegmentContract, AnExactSearchIsBruteForce) {
  Clusters clusters(24, 20, 1);
  const Sample sample = clusters.DrawMany(1500);
  const auto segment = Build(sample);
  for (int i = 0; i < 20; ++i) {
    const std::vector<float> query = clusters.Draw();
    ExpectExact(segment->Search(query, {.k = 25, .exact = true}), sample, query, nullptr, 25);
  }
}

TEST_P(SegmentContract, ASearchFindsNearlyAllOfTheNearest) {
  Clusters clusters(32, 60, 2);
  const Sample sample = clusters.DrawMany(8000);
  const auto segment = Build(sample);
  double recall = 0;
  for (int i = 0; i < 100; ++i) {
    const std::vector<float> query = clusters.Draw();
    const auto found = segment->Search(query, {.k = 10, .ef = 128});
    ASSERT_EQ(found.size(), 10u);
    recall += Recall(found, Oracle(metric(), sample, query), 10) / 100;
  }
  EXPECT_GE(recall, 0.95);
}

TEST_P(SegmentContract, AStoredVectorIsItsOwnNearest) {
  Clusters clusters(40, 10, 3);
  const Sample sample = clusters.DrawMany(400);
  const auto segment = Build(sample);
  for (uint32_t i = 0; i < sample.size(); i += 7) {
    const auto found = segment->Search(sample.row(i), {.k = 1});
    ASSERT_EQ(found.size(), 1u);
    if (metric() == Metric::kInnerProduct) {  // there a longer vector may be nearer
      const double own = Distance(metric(), sample.row(i).data(), sample.row(i).data(), 40);
      EXPECT_LE(found[0].distance, own + 1e-4);
    } else {
      EXPECT_EQ(found[0].row_id, sample.row_ids[i]);
      EXPECT_NEAR(found[0].distance, 0, 1e-6);
    }
  }
}

TEST_P(SegmentContract, EqualDistancesAreOrderedByRowId) {
  // Given in descending order of row id, all the same.
  const std::vector<int64_t> row_ids = {9, 7, 5, 3, -4};
  std::vector<float> vectors;
  for (size_t i = 0; i < row_ids.size(); ++i) vectors.insert(vectors.end(), {1, 2, 3});
  const auto segment = Build(3, row_ids, vectors);
  const std::vector<float> query = {3, 2, 2};
  for (bool exact : {false, true}) {
    const auto found = segment->Search(query, {.k = 3, .exact = exact});
    ASSERT_EQ(found.size(), 3u);
    EXPECT_EQ(found[0].row_id, -4);
    EXPECT_EQ(found[1].row_id, 3);
    EXPECT_EQ(found[2].row_id, 5);
    EXPECT_EQ(found[0].distance, found[2].distance);
  }
}

TEST_P(SegmentContract, DuplicatesOfAVectorAreAllFound) {
  Clusters clusters(16, 10, 4);
  Sample sample = clusters.DrawMany(300);
  for (uint32_t i = 1; i < 40; ++i) {  // rows 0, 7, 14, ..: forty times the same
    std::copy_n(sample.vectors.begin(), 16, sample.vectors.begin() + i * 7 * 16);
  }
  const auto segment = Build(sample);
  std::vector<float> query(sample.row(0).begin(), sample.row(0).end());
  if (metric() == Metric::kInnerProduct) {
    for (float& element : query) element *= 100;
  }
  ExpectExact(segment->Search(query, {.k = 60}), sample, query, nullptr, 60);
}

TEST_P(SegmentContract, MoreThanThereAreGivesAllThereAre) {
  Clusters clusters(8, 5, 5);
  const Sample sample = clusters.DrawMany(90);
  const auto segment = Build(sample);
  const std::vector<float> query = clusters.Draw();
  for (uint32_t k : {90u, 91u, 1000u, std::numeric_limits<uint32_t>::max()}) {
    ExpectExact(segment->Search(query, {.k = k}), sample, query, nullptr, k);
    ExpectExact(segment->Search(query, {.k = k, .exact = true}), sample, query, nullptr, k);
  }
}

TEST_P(SegmentContract, NoneAskedForGivesNone) {
  Clusters clusters(8, 5, 6);
  const auto segment = Build(clusters.DrawMany(50));
  EXPECT_TRUE(segment->Search(clusters.Draw(), {.k = 0}).empty());
  EXPECT_TRUE(segment->Search(clusters.Draw(), {.k = 0, .exact = true}).empty());
}

TEST_P(SegmentContract, AnEmptySegmentAnswersWithNothing) {
  const auto segment = Build(5, {}, {});
  EXPECT_EQ(segment->size(), 0u);
  EXPECT_EQ(segment->kind(), kind());
  EXPECT_FALSE(segment->Find(1).has_value());
  const std::vector<float> query = {1, 2, 3, 4, 5};
  const PositionSet nothing(0);
  EXPECT_TRUE(segment->Search(query, {}).empty());
  EXPECT_TRUE(segment->Search(query, {.allowed = &nothing, .exact = true}).empty());
}

TEST_P(SegmentContract, OneVectorIsASegment) {
  const auto segment = Build(2, {std::numeric_limits<int64_t>::min()}, {3, 4});
  const std::vector<float> query = {1, 1};
  const auto found = segment->Search(query, {});
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].row_id, std::numeric_limits<int64_t>::min());
}

TEST_P(SegmentContract, OnlyAllowedRowsAreFoundHoweverFew) {
  Clusters clusters(16, 30, 7);
  const Sample sample = clusters.DrawMany(3000);
  const auto segment = Build(sample);
  for (uint32_t count : {0u, 1u, 9u, 10u, 50u, 200u}) {
    PositionSet allowed(sample.size(), false);
    for (uint32_t i = 0; i < count; ++i) allowed.Add(i * 13 + 5);
    const std::vector<float> query = clusters.Draw();
    ExpectExact(segment->Search(query, {.k = 10, .ef = 16, .allowed = &allowed}), sample, query,
                &allowed, 10);
    ExpectExact(segment->Search(query, {.k = 10, .allowed = &allowed, .exact = true}), sample,
                query, &allowed, 10);
  }
}

TEST_P(SegmentContract, HalfOfTheRowsMayBeForbidden) {
  Clusters clusters(16, 40, 8);
  const Sample sample = clusters.DrawMany(8000);
  const auto segment = Build(sample);
  PositionSet allowed(sample.size(), false);
  for (uint32_t i = 0; i < sample.size(); i += 2) allowed.Add(i);
  double recall = 0;
  for (int i = 0; i < 50; ++i) {
    const std::vector<float> query = clusters.Draw();
    const auto found = segment->Search(query, {.k = 10, .ef = 40, .allowed = &allowed});
    ASSERT_EQ(found.size(), 10u);
    for (const Neighbour& neighbour : found) EXPECT_TRUE(allowed.Contains(neighbour.position));
    recall += Recall(found, Oracle(metric(), sample, query, &allowed), 10) / 50;
    ExpectExact(segment->Search(query, {.k = 10, .allowed = &allowed, .exact = true}), sample,
                query, &allowed, 10);
  }
  EXPECT_GE(recall, 0.95);
}

// So many that by cost it is a walk, and so few that by inner product it must not be one.
TEST_P(SegmentContract, AThirdOfTheRowsIsStillFound) {
  Clusters clusters(12, 60, 12);
  const Sample sample = clusters.DrawMany(8000);
  const auto segment = Build(sample);
  PositionSet allowed(sample.size(), false);
  for (uint32_t i = 2; i < sample.size(); i += 3) allowed.Add(i);
  double recall = 0;
  for (int i = 0; i < 50; ++i) {
    const std::vector<float> query = clusters.Draw();
    const auto found = segment->Search(query, {.k = 3, .ef = 16, .allowed = &allowed});
    ASSERT_EQ(found.size(), 3u);
    recall += Recall(found, Oracle(metric(), sample, query, &allowed), 3) / 50;
  }
  EXPECT_GE(recall, metric() == Metric::kInnerProduct ? 1 : 0.95);
}

TEST_P(SegmentContract, OneDimensionIsEnough) {
  Sample sample;
  sample.dimension = 1;
  for (int i = 0; i < 60; ++i) {
    sample.row_ids.push_back(i);
    sample.vectors.push_back(i < 30 ? i - 30.0f : i - 29.0f);
  }
  const auto segment = Build(sample);
  const std::vector<float> query = {4.25f};
  ExpectExact(segment->Search(query, {.k = 12}), sample, query, nullptr, 12);
}

TEST_P(SegmentContract, FourThousandDimensionsAreNotTooMany) {
  Clusters clusters(4096, 4, 9);
  const Sample sample = clusters.DrawMany(120);
  const auto segment = Build(sample);
  const std::vector<float> query = clusters.Draw();
  ExpectExact(segment->Search(query, {.k = 5, .exact = true}), sample, query, nullptr, 5);
  EXPECT_EQ(segment->Search(query, {.k = 5}).size(), 5u);
}

TEST_P(SegmentContract, ExtremeFloatsAreMeasuredNotLost) {
  const float most = std::numeric_limits<float>::max();
  const Sample sample = {2, {1, 2, 3, 4}, {most, most, -most, most, 1e-38f, 0, 1e25f, 1e-25f}};
  const auto segment = Build(sample);
  const std::vector<float> query = {1e30f, 2e30f};
  const auto found = segment->Search(query, {.k = 4});
  ASSERT_EQ(found.size(), 4u);
  for (const Neighbour& neighbour : found) {
    EXPECT_TRUE(std::isfinite(neighbour.distance));
    const double exact = Distance(metric(), query.data(), sample.row(neighbour.position).data(), 2);
    EXPECT_NEAR(neighbour.distance, std::clamp<double>(exact, -most, most),
                std::abs(exact) * 1e-5 + 1e-5);
  }
}

TEST_P(SegmentContract, PositionsFollowTheRowIds) {
  const std::vector<float> vectors = {1, 0, 0, 2, -3, 0, 0, -4};
  const auto segment = Build(2, {40, -7, 12, 3}, vectors);
  ASSERT_EQ(segment->size(), 4u);
  EXPECT_EQ(segment->dimension(), 2u);
  EXPECT_EQ(segment->metric(), metric());
  EXPECT_EQ(segment->kind(), kind());
  EXPECT_EQ(segment->quantization(), variant().quantization);
  EXPECT_GE(segment->memory_bytes(), 4 * (sizeof(int64_t) + 2 * sizeof(float)));
  const int64_t sorted[] = {-7, 3, 12, 40};
  const float scale[] = {2, 4, 3, 1}, x[] = {0, 0, -1, 1}, y[] = {1, -1, 0, 0};
  for (uint32_t position = 0; position < 4; ++position) {
    EXPECT_EQ(segment->row_id(position), sorted[position]);
    EXPECT_EQ(segment->Find(sorted[position]), position);
    const bool unit = metric() == Metric::kCosine && segment->quantization() == Quantization::kNone;
    const float length = unit ? 1 : scale[position];
    EXPECT_EQ(VectorAt(*segment, position)[0], x[position] * length);
    EXPECT_EQ(VectorAt(*segment, position)[1], y[position] * length);
  }
  for (int64_t absent : {-8, 4, 41}) EXPECT_FALSE(segment->Find(absent).has_value());
}

TEST_P(SegmentContract, WhatIsNotAVectorIsRefused) {
  const float nan = std::nanf(""), infinity = std::numeric_limits<float>::infinity();
  for (float bad : {nan, infinity, -infinity}) {
    EXPECT_EQ(KindOf([&] { Build(2, {1, 2}, {1, 2, 3, bad}); }), ErrorKind::kInvalid);
  }
  const auto segment = Build(2, {1}, {3, 4});
  for (float bad : {nan, infinity, -infinity}) {
    EXPECT_EQ(KindOf([&] {
                segment->Search(std::vector<float>{1, bad}, {});
              }),
              ErrorKind::kInvalid);
  }
  EXPECT_EQ(KindOf([&] { segment->Search(std::vector<float>{1}, {}); }), ErrorKind::kInvalid);
  EXPECT_EQ(KindOf([&] { segment->Search(std::vector<float>{1, 2, 3}, {}); }), ErrorKind::kInvalid);
}

TEST_P(SegmentContract, AZeroVectorIsRefusedWhereItHasNoDistance) {
  const std::vector<float> zero = {0, 0};
  if (metric() == Metric::kCosine) {
    EXPECT_EQ(KindOf([&] { Build(2, {1, 2}, {1, 2, 0, -0.0f}); }), ErrorKind::kInvalid);
    const auto segment = Build(2, {1}, {3, 4});
    EXPECT_EQ(KindOf([&] { segment->Search(zero, {}); }), ErrorKind::kInvalid);
  } else {
    const auto segment = Build(2, {1, 2}, {0, 0, 3, 4});
    EXPECT_EQ(segment->Search(zero, {}).size(), 2u);
  }
}

TEST_P(SegmentContract, OptionsThatCannotBeAreRefused) {
  const std::vector<int64_t> one = {1};
  const std::vector<float> vector = {1, 2};
  const auto refused = [&](auto change) {
    SegmentOptions options = Options(kind(), metric(), 2);
    change(options);
    return KindOf([&] { Segment::Build(options, one, vector); }) == ErrorKind::kInvalid;
  };
  EXPECT_TRUE(refused([](SegmentOptions& o) { o.dimension = 0; }));
  EXPECT_TRUE(refused([](SegmentOptions& o) { o.dimension = 1; }));
  EXPECT_TRUE(refused([](SegmentOptions& o) { o.dimension = kMaxDimension + 1; }));
  EXPECT_TRUE(refused([](SegmentOptions& o) { o.metric = static_cast<Metric>(3); }));
  EXPECT_TRUE(refused([](SegmentOptions& o) { o.kind = static_cast<Kind>(3); }));
  if (kind() == Kind::kHnsw) {
    EXPECT_TRUE(refused([](SegmentOptions& o) { o.hnsw_m = 1; }));
    EXPECT_TRUE(refused([](SegmentOptions& o) { o.hnsw_m = 129; }));
    EXPECT_TRUE(refused([](SegmentOptions& o) { o.ef_construction = 0; }));
    EXPECT_TRUE(refused([](SegmentOptions& o) { o.ef_construction = 1u << 31; }));
    EXPECT_TRUE(refused([](SegmentOptions& o) { o.threads = 0; }));
  }
}

TEST_P(SegmentContract, ARowIdTwiceIsRefused) {
  EXPECT_EQ(KindOf([&] { Build(1, {5, 4, 5}, {1, 2, 3}); }), ErrorKind::kInvalid);
}

TEST_P(SegmentContract, ASetOfAnotherSizeIsRefused) {
  const auto segment = Build(1, {1, 2, 3}, {1, 2, 3});
  const PositionSet small(2), large(65);
  const std::vector<float> query = {1};
  EXPECT_EQ(KindOf([&] { segment->Search(query, {.allowed = &small}); }), ErrorKind::kInvalid);
  EXPECT_EQ(KindOf([&] { segment->Search(query, {.allowed = &large}); }), ErrorKind::kInvalid);
}

TEST_P(SegmentContract, ABuildCanBeCancelled) {
  Clusters clusters(8, 5, 10);
  const Sample sample = clusters.DrawMany(2000);
  for (uint32_t threads : {1u, 3u}) {
    SegmentOptions options = Options(variant(), metric(), 8, sample.row_ids, sample.vectors);
    options.threads = threads;
    EXPECT_EQ(Segment::Build(options, sample.row_ids, sample.vectors, [] { return true; }),
              nullptr);
    int polls = 0;
    const auto segment = Segment::Build(options, sample.row_ids, sample.vectors, [&] {
      ++polls;
      return false;
    });
    EXPECT_NE(segment, nullptr);
    EXPECT_GE(polls, 1);
  }
}

INSTANTIATE_TEST_SUITE_P(AllKinds, SegmentContract,
                         testing::Combine(testing::ValuesIn(kVariants),
                                          testing::ValuesIn(kMetrics)),
                         [](const testing::TestParamInfo<std::tuple<Variant, Metric>>& each) {
                           return NameOf(std::get<0>(each.param)) + "_" +
                                  std::string(MetricName(std::get<1>(each.param)));
                         });

}  // namespace
}  // namespace semblance::index
