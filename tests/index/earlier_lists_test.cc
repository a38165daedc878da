// Lists that one segment takes over from another: when it does, that rows are copied then, and that
// searches find what they found.
#include "index/earlier_lists.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "tests/index/segment_bytes.h"

namespace semblance::index {
namespace {

constexpr uint32_t kDimension = 64;  // so that codes find the centres
constexpr uint32_t kLists = 32;
constexpr uint32_t kTaught = 4000;  // enough rows for so many lists

Sample FirstOf(const Sample& all, uint32_t count) {
  Sample first{all.dimension, all.row_ids, all.vectors};
  first.row_ids.resize(count);
  first.vectors.resize(size_t{count} * all.dimension);
  return first;
}

// Counts the rows that are read in bulk, as who builds reads them.
class CountedVectors final : public VectorSource {
 public:
  explicit CountedVectors(const Sample& sample)
      : vectors_(sample.dimension, sample.row_ids, sample.vectors) {}
  void Read(std::span<const uint32_t> positions, std::span<const int64_t> row_ids,
            float* out) const override {
    rows += positions.size();
    vectors_.Read(positions, row_ids, out);
  }
  mutable std::atomic<size_t> rows{0};

 private:
  const SampleVectors vectors_;
};

class EarlierListsTest : public testing::TestWithParam<Quantization> {
 protected:
  SegmentOptions OptionsFor(const Sample& sample, uint32_t lists = kLists) const {
    SegmentOptions options = Options({Kind::kIvf, GetParam()}, Metric::kCosine, sample.dimension,
                                     sample.row_ids, sample.vectors);
    options.lists = lists;
    return options;
  }
  std::shared_ptr<const Segment> Build(const Sample& sample, uint32_t lists = kLists) const {
    return Segment::Build(OptionsFor(sample, lists), sample.row_ids, sample.vectors);
  }
  // A segment of `sample` whose first rows are those of `earlier`.
  std::shared_ptr<const Segment> Extended(const Sample& sample,
                                          const std::shared_ptr<const Segment>& earlier,
                                          uint32_t lists = kLists,
                                          const VectorSource* vectors = nullptr) const {
    SegmentOptions options = OptionsFor(sample, lists);
    options.earlier = {earlier,
                       sample.size(),
                       {earlier.get()},
                       [&earlier](uint32_t position) -> EarlierLists::Place {
                         if (position >= earlier->size()) return {};
                         return {earlier.get(), position};
                       }};
    return vectors == nullptr ? Segment::Build(options, sample.row_ids, sample.vectors)
                              : Segment::Build(options, sample.row_ids, *vectors);
  }
  static uint64_t CentresOf(const Segment& segment) { return segment.data().lists->centres_id; }

  Clusters clusters_{kDimension, 50, 31};
};

TEST_P(EarlierListsTest, AreTakenOverAndTheirRowsNotReadAgain) {
  const Sample all = clusters_.DrawMany(6000);
  const auto earlier = Build(FirstOf(all, kTaught));
  const CountedVectors vectors(all);
  const auto segment = Extended(all, earlier, kLists, &vectors);
  EXPECT_EQ(CentresOf(*segment), CentresOf(*earlier));
  EXPECT_LE(vectors.rows, 2000u + 2048u);  // the new ones, and a sample
  double recall = 0;
  for (int i = 0; i < 50; ++i) {
    const std::vector<float> query = clusters_.Draw();
    const auto expected = Oracle(Metric::kCosine, all, query);
    const auto every = segment->Search(query, {.k = 10, .nprobe = kLists});
    for (size_t n = 0; n < 10; ++n) EXPECT_EQ(every[n].row_id, expected[n].row_id) << n;
    recall += Recall(segment->Search(query, {.k = 10, .nprobe = 6}), expected, 10) / 50;
  }
  EXPECT_GT(recall, 0.9);
}

TEST_P(EarlierListsTest, GiveTheBytesThatLookingAtEachRowAgainWould) {
  const Sample all = clusters_.DrawMany(5000);
  const auto earlier = Build(FirstOf(all, kTaught));
  const auto copied = Extended(all, earlier);
  SegmentOptions options = OptionsFor(all);
  options.earlier = {earlier, all.size(), {}, [](uint32_t) { return EarlierLists::Place{}; }};
  EXPECT_EQ(Saved(*copied), Saved(*Segment::Build(options, all.row_ids, all.vectors)));
  options.threads = 3;
  options.earlier = {earlier, all.size(), {earlier.get()}, [&](uint32_t position) {
                       return position < kTaught ? EarlierLists::Place{earlier.get(), position}
                                                 : EarlierLists::Place{};
                     }};
  EXPECT_EQ(Saved(*Segment::Build(options, all.row_ids, all.vectors)), Saved(*copied));
}

TEST_P(EarlierListsTest, AreTakenOverFromASegmentThatWasLoaded) {
  const Sample all = clusters_.DrawMany(5000);
  const Sample first = FirstOf(all, kTaught);
  const auto earlier = Build(first);
  const auto loaded = Loaded(Saved(*earlier), OptionsFor(first).rescoring);
  EXPECT_EQ(loaded->data().lists->spread, earlier->data().lists->spread);
  EXPECT_EQ(Saved(*Extended(all, loaded)), Saved(*Extended(all, earlier)));
}

TEST_P(EarlierListsTest, AreLearnedAnewWhereTheRowsHaveDrifted) {
  Sample all = clusters_.DrawMany(8000);
  const Sample other = Clusters(kDimension, 50, 99).DrawMany(4000);
  std::copy(other.vectors.begin(), other.vectors.end(),
            all.vectors.begin() + ptrdiff_t{kTaught} * kDimension);
  const auto earlier = Build(FirstOf(all, kTaught));
  EXPECT_NE(CentresOf(*Extended(all, earlier)), CentresOf(*earlier));
}

TEST_P(EarlierListsTest, AreLearnedAnewWhenFewRowsTaughtThem) {
  const Sample all = clusters_.DrawMany(4000);
  const auto earlier = Build(FirstOf(all, 64 * kLists - 1));
  EXPECT_EQ(earlier->data().lists->spread, 0.0f);
  EXPECT_NE(CentresOf(*Extended(all, earlier)), CentresOf(*earlier));
}

TEST_P(EarlierListsTest, AreLearnedAnewWhenManyMoreOrFewerAreWanted) {
  const Sample all = clusters_.DrawMany(6000);
  const auto earlier = Build(FirstOf(all, kTaught));
  EXPECT_EQ(CentresOf(*Extended(all, earlier, 2 * kLists)), CentresOf(*earlier));
  EXPECT_NE(CentresOf(*Extended(all, earlier, 2 * kLists + 1)), CentresOf(*earlier));
  EXPECT_EQ(CentresOf(*Extended(all, earlier, kLists / 2)), CentresOf(*earlier));
  EXPECT_NE(CentresOf(*Extended(all, earlier, kLists / 2 - 1)), CentresOf(*earlier));
}

TEST_P(EarlierListsTest, SearchesOfOneQueryMeasureSharedCentresOnce) {
  const Sample all = clusters_.DrawMany(5000);
  const auto earlier = Build(FirstOf(all, kTaught));
  const auto segment = Extended(all, earlier);
  const auto other = Build(all, kLists + 1);
  const std::vector<float> query = clusters_.Draw();
  CentreDistances shared;
  for (const auto& each : {earlier, segment, other, segment}) {
    const auto alone = each->Search(query, {.k = 10, .nprobe = 3});
    const auto together = each->Search(query, {.k = 10, .nprobe = 3, .centre_distances = &shared});
    EXPECT_EQ(shared.centres, CentresOf(*each));
    ASSERT_EQ(together.size(), alone.size());
    for (size_t i = 0; i < alone.size(); ++i) EXPECT_EQ(together[i].row_id, alone[i].row_id);
  }
}

INSTANTIATE_TEST_SUITE_P(Quantizations, EarlierListsTest,
                         testing::Values(Quantization::kNone, Quantization::kSq8,
                                         Quantization::kF16, Quantization::kBinary,
                                         Quantization::kPq),
                         [](const testing::TestParamInfo<Quantization>& each) {
                           return std::string(QuantizationName(each.param));
                         });

}  // namespace
}  // namespace semblance::index
