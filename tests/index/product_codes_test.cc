#include "index/product_codes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <random>
#include <vector>

#include "tests/index/memory_stream.h"
#include "tests/index/sample.h"

namespace semblance::index {
namespace {

TEST(ProductKernels, GiveTheSameSums) {
  std::mt19937 random(1);
  for (size_t groups : {1u, 2u, 3u, 96u, 255u, 256u, 257u, 600u}) {
    std::vector<uint8_t> low(groups * 32), high(groups * 32), codes(groups * 32);
    for (size_t i = 0; i < groups * 32; ++i) {
      codes[i] = static_cast<uint8_t>(random());
      const bool first = i % 32 < 16;
      // The largest there are, too: nothing may overflow.
      low[i] = first ? static_cast<uint8_t>(random() % 8 ? random() % 128 : 127) : low[i - 16];
      high[i] = first ? static_cast<uint8_t>(127 - random() % 3) : high[i - 16];
    }
    uint32_t expected[kProductRows];
    ProductKernelOf(CodeLevel::kPortable)
        ->sum(low.data(), high.data(), codes.data(), groups, expected);
    for (CodeLevel level : {CodeLevel::kAvx2, CodeLevel::kAvx512}) {
      const ProductKernel* const kernel = ProductKernelOf(level);
      if (kernel == nullptr) continue;
      uint32_t sums[kProductRows];
      kernel->sum(low.data(), high.data(), codes.data(), groups, sums);
      for (size_t row = 0; row < kProductRows; ++row)
        ASSERT_EQ(sums[row], expected[row]) << kernel->name << ", " << groups << " groups";
    }
  }
}

TEST(ProductKernels, ChooseTheNearestPoints) {
  std::mt19937 random(2);
  std::normal_distribution<float> gauss;
  for (size_t groups : {1u, 2u, 97u}) {
    std::vector<float> books(groups * 4 * kCodebookPoints), row(groups * 4);
    for (float& number : books) number = gauss(random);
    for (float& number : row) number = gauss(random);
    // Of equals the first.
    std::fill_n(books.begin(), 2 * kCodebookPoints, 0.5f);
    const auto distance = [&](size_t subspace, size_t point) {
      const float* const book = books.data() + subspace * 2 * kCodebookPoints;
      return std::hypot(row[2 * subspace] - book[point],
                        row[2 * subspace + 1] - book[kCodebookPoints + point]);
    };
    for (CodeLevel level : {CodeLevel::kPortable, CodeLevel::kAvx2, CodeLevel::kAvx512}) {
      const ProductKernel* const kernel = ProductKernelOf(level);
      if (kernel == nullptr) continue;
      std::vector<uint8_t> packed(groups, 0xff);
      kernel->encode(books.data(), row.data(), groups, packed.data());
      EXPECT_EQ(packed[0] & 15, 0) << kernel->name;
      for (size_t subspace = 0; subspace < 2 * groups; ++subspace) {
        const size_t chosen = packed[subspace / 2] >> (subspace % 2 * 4) & 15;
        for (size_t point = 0; point < kCodebookPoints; ++point) {
          EXPECT_LE(distance(subspace, chosen), distance(subspace, point) * 1.00001f)
              << kernel->name << ", subspace " << subspace;
        }
      }
    }
  }
  const std::vector<float> books(4 * kCodebookPoints, 1.0f), row(4, std::nanf(""));
  for (CodeLevel level : {CodeLevel::kPortable, CodeLevel::kAvx2, CodeLevel::kAvx512}) {
    uint8_t packed = 0;
    if (const ProductKernel* const kernel = ProductKernelOf(level))
      kernel->encode(books.data(), row.data(), 1, &packed);  // reads nothing beyond its tables
  }
}

// One list of all rows, around their first.
struct OneList {
  OneList(const Sample& sample, Metric metric)
      : codes(NewProductCodes(sample.size(), sample.dimension)) {
    lists.centres = BigArray<float>(sample.dimension);
    std::copy_n(sample.vectors.begin(), sample.dimension, lists.centres.data());
    const std::vector<uint32_t> list_of(sample.size(), 0);
    EXPECT_TRUE(LearnCodebooks(sample.vectors, list_of, lists.centres, 2, {}, codes));
    for (uint32_t i = 0; i < sample.size(); ++i) {
      codes.terms[i] = EncodeProduct(codes, metric, sample.row(i).data(), lists.centres.data(),
                                     codes.codes.data() + i * codes.groups());
    }
    PutInBlocks(codes);
  }
  IvfLists lists;
  ProductCodes codes;
};

class ProductCodesOf : public testing::TestWithParam<Metric> {};

TEST_P(ProductCodesOf, OrderLikeTheDistances) {
  for (uint32_t dimension : {1u, 3u, 30u, 128u}) {
    Sample sample = Clusters(dimension, 12, 5).DrawMany(700);
    if (GetParam() == Metric::kCosine) {
      for (uint32_t i = 0; i < sample.size(); ++i)
        Normalize(sample.vectors.data() + i * dimension, dimension);
    }
    const OneList one(sample, GetParam());
    std::vector<float> query(sample.row(99).begin(), sample.row(99).end());
    const ProductScorer scorer(one.codes, one.lists, GetParam(), query);
    std::vector<float> measured(sample.size());
    scorer.InList(0).Score(0, sample.size(), measured.data());
    // Correlation with what the codes stand for: half the squared distance, or minus the product.
    double x = 0, y = 0, xx = 0, yy = 0, xy = 0;
    for (uint32_t i = 0; i < sample.size(); ++i) {
      const double distance = Distance(GetParam(), query.data(), sample.row(i).data(), dimension);
      const double expected = GetParam() == Metric::kL2 ? distance * distance / 2 : distance;
      x += measured[i], y += expected;
      xx += measured[i] * measured[i], yy += expected * expected, xy += measured[i] * expected;
    }
    const double n = sample.size();
    const double correlation = (n * xy - x * y) / std::sqrt((n * xx - x * x) * (n * yy - y * y));
    EXPECT_GT(correlation, 0.97) << dimension;
  }
}

TEST_P(ProductCodesOf, AreMeasuredAloneAsInBlocks) {
  Sample sample = Clusters(20, 12, 6).DrawMany(101);
  const OneList one(sample, GetParam());
  const ProductScorer scorer(one.codes, one.lists, GetParam(), sample.row(7));
  const ProductTable table = scorer.InList(0);
  std::vector<float> all(101);
  table.Score(0, 101, all.data());
  for (uint32_t first : {0u, 1u, 31u, 32u, 95u}) {
    std::vector<float> some(101 - first);
    table.Score(first, some.size(), some.data());
    EXPECT_TRUE(std::equal(some.begin(), some.end(), all.begin() + first)) << first;
  }
  const std::vector<uint32_t> slots = {0, 3, 31, 32, 33, 64, 96, 100};
  std::vector<float> at(slots.size());
  table.ScoreAt(slots.data(), slots.size(), at.data(), RowOrder::kScattered);
  for (size_t i = 0; i < slots.size(); ++i) EXPECT_EQ(at[i], all[slots[i]]);
}

TEST_P(ProductCodesOf, OfExtremeRowsAreFinite) {
  const float most = std::numeric_limits<float>::max();
  Sample sample;
  sample.dimension = 2;
  sample.row_ids = {1, 2, 3, 4};
  sample.vectors = {most, -most, 0, 0, 1e-45f, 0, -most, 1e-38f};
  const OneList one(sample, GetParam());
  const ProductScorer scorer(one.codes, one.lists, GetParam(), std::vector<float>{most, 1});
  float distances[4];
  scorer.InList(0).Score(0, 4, distances);
  for (uint32_t i = 0; i < 4; ++i) {
    EXPECT_TRUE(std::isfinite(one.codes.terms[i].scale));
    EXPECT_TRUE(std::isfinite(one.codes.terms[i].square));
    EXPECT_TRUE(std::isfinite(distances[i]));
  }
}

TEST_P(ProductCodesOf, FindNearlyAllInListsWithTheDefaultOversample) {
  Clusters clusters(96, 60, 7);
  const Sample sample = clusters.DrawMany(8000);
  SegmentOptions options =
      Options({Kind::kIvf, Quantization::kPq}, GetParam(), 96, sample.row_ids, sample.vectors);
  options.rescoring.oversample = DefaultOversample(Quantization::kPq);
  options.threads = 2;
  const auto segment = Segment::Build(options, sample.row_ids, sample.vectors);
  double recall = 0;
  for (int i = 0; i < 50; ++i) {
    const std::vector<float> query = clusters.Draw();
    const auto found = segment->Search(query, {.k = 10, .nprobe = 1000});
    recall += Recall(found, Oracle(GetParam(), sample, query), 10) / 50;
  }
  EXPECT_GT(recall, 0.98);
}

INSTANTIATE_TEST_SUITE_P(Metrics, ProductCodesOf, testing::ValuesIn(kMetrics),
                         [](const testing::TestParamInfo<Metric>& each) {
                           return std::string(MetricName(each.param));
                         });

TEST(ProductCodes, AreOfListsOnly) {
  const Sample sample = Clusters(8, 3, 8).DrawMany(50);
  for (Kind kind : {Kind::kFlat, Kind::kHnsw}) {
    const SegmentOptions options =
        Options({kind, Quantization::kPq}, Metric::kL2, 8, sample.row_ids, sample.vectors);
    EXPECT_THROW(Segment::Build(options, sample.row_ids, sample.vectors), Error);
  }
}

TEST(ProductCodes, AreTheSameWhateverTheNumberOfThreads) {
  const Sample sample = Clusters(24, 30, 9).DrawMany(3000);
  SegmentOptions options =
      Options({Kind::kIvf, Quantization::kPq}, Metric::kL2, 24, sample.row_ids, sample.vectors);
  MemorySink one, three;
  Segment::Build(options, sample.row_ids, sample.vectors)->Save(one);
  options.threads = 3;
  Segment::Build(options, sample.row_ids, sample.vectors)->Save(three);
  EXPECT_EQ(one.bytes, three.bytes);
}

}  // namespace
}  // namespace semblance::index
