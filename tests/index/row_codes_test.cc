// A scan by codes finds what a scan of the vectors finds, to the last bit.
#include "index/row_codes.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "index/scan.h"
#include "tests/index/sample.h"

namespace semblance::index {
namespace {

class RowCodesTest : public testing::TestWithParam<Metric> {
 protected:
  // As a collection's newest rows lie: in blocks, of which the last has no codes.
  std::vector<Neighbour> ByCodes(const Sample& sample, std::span<const float> query,
                                 const SearchOptions& options) const {
    constexpr uint32_t kBlock = 150;
    RowsScan scan(GetParam(), query, options);
    for (uint32_t first = 0; first < sample.size(); first += kBlock) {
      const uint32_t count = std::min(kBlock, sample.size() - first);
      const auto row_ids = std::span(sample.row_ids).subspan(first, count);
      const auto vectors =
          std::span(sample.vectors)
              .subspan(size_t{first} * sample.dimension, size_t{count} * sample.dimension);
      std::shared_ptr<const RowCodes> codes;
      if (count == kBlock) codes = RowCodes::Of(GetParam(), vectors, sample.dimension);
      PositionSet odd(count);
      for (uint32_t i = 0; i < count; ++i) {
        if (row_ids[i] % 2 == 0) odd.Remove(i);
      }
      scan.Add(row_ids, vectors, options.allowed != nullptr ? &odd : nullptr, codes.get());
    }
    return scan.Take();
  }

  void ExpectTheSame(const Sample& sample, std::span<const float> query, uint32_t k) const {
    const auto found = ByCodes(sample, query, {.k = k});
    const auto expected = ScanNearest(GetParam(), query, sample.row_ids, sample.vectors, {.k = k});
    ASSERT_EQ(found.size(), expected.size());
    for (size_t i = 0; i < found.size(); ++i) {
      EXPECT_EQ(found[i].row_id, expected[i].row_id) << i;
      EXPECT_EQ(found[i].distance, expected[i].distance) << i;
    }
  }
};

TEST_P(RowCodesTest, MissNothing) {
  for (uint32_t dimension : {32u, 61u, 384u}) {
    Clusters clusters(dimension, 9, dimension);
    const Sample sample = clusters.DrawMany(1000);
    for (int i = 0; i < 20; ++i) ExpectTheSame(sample, clusters.Draw(), 1 + 7 * (i % 3));
  }
}

TEST_P(RowCodesTest, MissNothingOfVectorsThatQuantizeBadly) {
  std::mt19937 random(5);
  std::normal_distribution<float> gauss;
  // One element that outweighs the others; far from the origin and close together; tiny; huge.
  for (const float spike : {1.0f, 500.0f}) {
    for (const float offset : {0.0f, 100.0f}) {
      for (const float scale : {1e-9f, 1.0f, 1e9f}) {
        Sample sample;
        sample.dimension = 40;
        for (int64_t row = 0; row < 600; ++row) {
          sample.row_ids.push_back(row);
          for (uint32_t d = 0; d < sample.dimension; ++d) {
            const float x = offset + gauss(random) * (d == row % 40 ? spike : 1.0f);
            sample.vectors.push_back(scale * x);
          }
        }
        for (size_t row : {0u, 77u, 599u}) ExpectTheSame(sample, sample.row(row), 10);
      }
    }
  }
}

// Each is at the edge between two codes, all to the same side: errors that add up.
TEST_P(RowCodesTest, MissNothingWhereRoundingErrorsAgree) {
  Sample sample;
  sample.dimension = 128;
  for (int64_t row = 0; row < 450; ++row) {
    sample.row_ids.push_back(row);
    for (uint32_t d = 0; d < sample.dimension; ++d) {
      const float half = row % 2 == 0 ? 0.4999f : -0.4999f;
      sample.vectors.push_back(d == 0 ? 127.0f : 3 + half + 1e-4f * static_cast<float>(row));
    }
  }
  for (size_t row : {0u, 1u, 200u, 449u}) ExpectTheSame(sample, sample.row(row), 5);
}

TEST_P(RowCodesTest, LookAtAllowedRowsOnly) {
  Clusters clusters(48, 5, 3);
  const Sample sample = clusters.DrawMany(600);
  const PositionSet given(1);  // that there is a set; ByCodes makes its own
  const auto found = ByCodes(sample, clusters.Draw(), {.k = 20, .allowed = &given});
  ASSERT_EQ(found.size(), 20u);
  for (const Neighbour& n : found) EXPECT_NE(n.row_id % 2, 0);
}

INSTANTIATE_TEST_SUITE_P(Metrics, RowCodesTest,
                         testing::Values(Metric::kCosine, Metric::kL2, Metric::kInnerProduct));

TEST(RowCodes, AreNotMadeWhereTheyWouldNotHelp) {
  const std::vector<float> ones(64, 1.0f), zeros(64, 0.0f), huge(64, 1e30f);
  EXPECT_NE(RowCodes::Of(Metric::kL2, ones, 64), nullptr);
  EXPECT_EQ(RowCodes::Of(Metric::kL2, ones, 8), nullptr);
  EXPECT_EQ(RowCodes::Of(Metric::kCosine, zeros, 64), nullptr);
  EXPECT_EQ(RowCodes::Of(Metric::kL2, huge, 64), nullptr);
}

TEST(RowsScan, KeepsToABound) {
  const std::vector<int64_t> row_ids = {1, 2, 3};
  const std::vector<float> vectors = {1, 2, 3}, query = {0};
  const auto found = ScanNearest(Metric::kL2, query, row_ids, vectors, {.k = 3, .bound = 2.0f});
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[1].row_id, 2);
}

}  // namespace
}  // namespace semblance::index
