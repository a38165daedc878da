// Lists: how many are looked into, that answers are whole all the same, and how they are made.
#include "index/ivf.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/index/memory_stream.h"
#include "tests/index/sample.h"

namespace semblance::index {
namespace {

constexpr uint32_t kLists = 64;

class Ivf : public testing::TestWithParam<Quantization> {
 protected:
  SegmentOptions OptionsFor(const Sample& sample, Metric metric = Metric::kL2) const {
    SegmentOptions options =
        Options({Kind::kIvf, GetParam()}, metric, sample.dimension, sample.row_ids, sample.vectors);
    options.lists = kLists;
    return options;
  }
  std::shared_ptr<const Segment> Build(const Sample& sample) const {
    return Segment::Build(OptionsFor(sample), sample.row_ids, sample.vectors);
  }
};

std::string Saved(const Segment& segment) {
  MemorySink sink;
  segment.Save(sink);
  return sink.bytes;
}

TEST_P(Ivf, LooksIntoAsManyListsAsAreAskedFor) {
  Clusters clusters(24, 60, 1);
  const Sample sample = clusters.DrawMany(6000);
  const auto segment = Build(sample);
  for (uint32_t nprobe : {1u, 5u, 20u}) {
    SearchStats stats;
    const auto found =
        segment->Search(clusters.Draw(), {.k = 3, .nprobe = nprobe, .stats = &stats});
    EXPECT_EQ(found.size(), 3u);
    // Of codes everything met is measured, which may take another list.
    EXPECT_GE(stats.lists, nprobe);
    EXPECT_LE(stats.lists + stats.lists_left, kLists);
    if (GetParam() != Quantization::kNone) continue;
    EXPECT_LT(stats.distances, 6000u);
    EXPECT_GT(stats.lists_left, 0u);
  }
}

TEST_P(Ivf, ThatLooksIntoAllListsIsExact) {
  Clusters clusters(24, 60, 2);
  const Sample sample = clusters.DrawMany(3000);
  const auto segment = Build(sample);
  for (int i = 0; i < 20; ++i) {
    const std::vector<float> query = clusters.Draw();
    const auto expected = Oracle(Metric::kL2, sample, query);
    SearchStats stats;
    const auto found = segment->Search(query, {.k = 20, .nprobe = kLists, .stats = &stats});
    ASSERT_EQ(found.size(), 20u);
    for (size_t n = 0; n < 20; ++n) EXPECT_EQ(found[n].row_id, expected[n].row_id) << n;
    EXPECT_EQ(stats.lists_left, 0u);
  }
}

// Codes lie list by list: a bound that was taken from another row's left neighbours out.
TEST_P(Ivf, OfVectorsOfVeryDifferentLengthsFindsWhatAScanFinds) {
  Clusters clusters(32, 40, 21);
  Sample sample = clusters.DrawMany(3000);
  for (uint32_t i = 0; i < sample.size(); ++i) {
    const float length = i % 7 == 0 ? 100.0f : 1.0f;
    for (uint32_t e = 0; e < 32; ++e) sample.vectors[size_t{i} * 32 + e] *= length;
  }
  for (const Metric metric : {Metric::kL2, Metric::kInnerProduct}) {
    const SegmentOptions options = OptionsFor(sample, metric);
    const auto lists = Segment::Build(options, sample.row_ids, sample.vectors);
    SegmentOptions plain = options;
    plain.kind = Kind::kFlat;
    if (plain.quantization == Quantization::kPq) plain.quantization = Quantization::kSq8;
    const auto flat = Segment::Build(plain, sample.row_ids, sample.vectors);
    double of_lists = 0, of_scan = 0;
    for (int i = 0; i < 40; ++i) {
      std::vector<float> query = clusters.Draw();
      if (i % 2 == 0) {
        for (float& element : query) element *= 100;
      }
      const auto expected = Oracle(metric, sample, query);
      of_lists += Recall(lists->Search(query, {.k = 10, .nprobe = kLists}), expected, 10) / 40;
      of_scan += Recall(flat->Search(query, {.k = 10}), expected, 10) / 40;
    }
    EXPECT_NEAR(of_lists, of_scan, 0.01);
  }
}

// By 8-bit codes alone, which cannot tell near centres of a far group apart, most were empty.
TEST_P(Ivf, ListsOfFarGroupsAreAllFilled) {
  constexpr uint32_t kDimension = 64;
  Clusters clusters(kDimension, 80, 22);
  Sample sample = clusters.DrawMany(4000);
  for (uint32_t i = 0; i < sample.size(); ++i) {
    for (uint32_t e = 0; e < kDimension; ++e) {
      float& element = sample.vectors[size_t{i} * kDimension + e];
      element = 0.01f * element + (i % 2 == 0 ? 10.0f : -10.0f);
    }
  }
  const auto segment = Build(sample);
  SearchStats stats;
  segment->Search(sample.row(0), {.k = 1, .exact = false, .stats = &stats});
  EXPECT_GT(stats.lists + stats.lists_left, kLists * 3 / 4);
}

TEST_P(Ivf, GoesOnUntilThereAreKRows) {
  Clusters clusters(16, 60, 3);
  const Sample sample = clusters.DrawMany(4000);
  const auto segment = Build(sample);
  PositionSet few(sample.size(), false);
  for (uint32_t i = 0; i < sample.size(); i += 500) few.Add(i);
  for (uint32_t k : {8u, 100u, 4000u, 5000u}) {
    const auto found = segment->Search(clusters.Draw(), {.k = k, .nprobe = 1});
    EXPECT_EQ(found.size(), std::min(k, 4000u));
    const auto allowed = segment->Search(clusters.Draw(), {.k = k, .nprobe = 1, .allowed = &few});
    EXPECT_EQ(allowed.size(), std::min(k, few.Count()));
  }
}

TEST_P(Ivf, HasTheSameBytesWhateverTheThreads) {
  Clusters clusters(70, 30, 4);
  const Sample sample = clusters.DrawMany(5000);
  SegmentOptions options = OptionsFor(sample, Metric::kCosine);
  const std::string one = Saved(*Segment::Build(options, sample.row_ids, sample.vectors));
  options.threads = 4;
  EXPECT_EQ(Saved(*Segment::Build(options, sample.row_ids, sample.vectors)), one);
  EXPECT_EQ(Saved(*Segment::Build(options, sample.row_ids, *options.rescoring.vectors)), one);
}

// SQLite's interrupt flag is behind a lock that the thread in the build may hold.
TEST_P(Ivf, AsksToBeCancelledOnTheCallingThreadAlone) {
  Clusters clusters(32, 30, 5);
  const Sample sample = clusters.DrawMany(9000);
  SegmentOptions options = OptionsFor(sample);
  options.threads = 3;
  std::atomic<int> polls{0}, elsewhere{0};
  const auto caller = std::this_thread::get_id();
  ASSERT_NE(Segment::Build(options, sample.row_ids, sample.vectors,
                           [&] {
                             ++polls;
                             elsewhere += std::this_thread::get_id() != caller;
                             return false;
                           }),
            nullptr);
  EXPECT_GT(polls, 10);
  EXPECT_EQ(elsewhere, 0);
}

TEST_P(Ivf, CanBeCancelledAtEveryStep) {
  Clusters clusters(32, 30, 6);
  const Sample sample = clusters.DrawMany(3000);
  const SegmentOptions options = OptionsFor(sample);
  for (int last = 0;; last += 7) {
    int polls = 0;
    const auto segment =
        Segment::Build(options, sample.row_ids, sample.vectors, [&] { return ++polls > last; });
    if (segment) break;
    EXPECT_EQ(polls, last + 1);
    ASSERT_LT(last, 100000);
  }
}

TEST_P(Ivf, OfAVectorThatIsNoneIsRefused) {
  Sample sample = Clusters(8, 3, 7).DrawMany(100);
  sample.vectors[77 * 8] = std::nanf("");
  EXPECT_THROW(Build(sample), Error);
}

INSTANTIATE_TEST_SUITE_P(Quantizations, Ivf,
                         testing::Values(Quantization::kNone, Quantization::kSq8,
                                         Quantization::kF16, Quantization::kBinary,
                                         Quantization::kPq),
                         [](const testing::TestParamInfo<Quantization>& each) {
                           return std::string(QuantizationName(each.param));
                         });

// Keeps count of how much is asked for at once.
class WatchedVectors final : public VectorSource {
 public:
  explicit WatchedVectors(const Sample& sample)
      : vectors_(sample.dimension, sample.row_ids, sample.vectors) {}
  void Read(std::span<const uint32_t> positions, std::span<const int64_t> row_ids,
            float* out) const override {
    most = std::max(most, positions.size());
    rows += positions.size();
    vectors_.Read(positions, row_ids, out);
  }
  mutable size_t most = 0, rows = 0;

 private:
  const SampleVectors vectors_;
};

TEST(StreamedBuild, ReadsASampleAndThenEachRowOnceInBatches) {
  const Sample sample = Clusters(16, 30, 8).DrawMany(20000);
  for (Kind kind : {Kind::kIvf, Kind::kFlat}) {
    SegmentOptions options = Options(kind, Metric::kL2, 16);
    options.quantization = Quantization::kSq8;
    const auto vectors = std::make_shared<WatchedVectors>(sample);
    options.rescoring = {vectors, 4};
    const auto segment = Segment::Build(options, sample.row_ids, *vectors);
    EXPECT_EQ(segment->size(), 20000u);
    EXPECT_LE(vectors->most, 1024u);
    EXPECT_LT(vectors->rows, 32000u);  // of IVF with a second sample, to tell how far rows lie
  }
}

TEST(StreamedBuild, RefusesRowIdsThatDoNotAscend) {
  const Sample sample = Clusters(4, 3, 9).DrawMany(3);
  const SampleVectors vectors(4, sample.row_ids, sample.vectors);
  const std::vector<int64_t> descending = {3, 2, 1};
  EXPECT_THROW(Segment::Build(Options(Kind::kIvf, Metric::kL2, 4), descending, vectors), Error);
}

}  // namespace
}  // namespace semblance::index
