// Lists through the life of a collection: merges keep them, 'optimize' learns them anew.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <set>

#include "index/ivf.h"
#include "index/segment_data.h"
#include "tests/engine/sample_collection.h"

namespace semblance::engine {
namespace {

constexpr uint32_t kDimension = 16;

class ListsTest : public testing::TestWithParam<index::Quantization> {
 protected:
  // So many rows more, around twenty points.
  void Add(int64_t count) {
    const auto writes = sample_.NewWrites();
    for (int64_t i = 0; i < count; ++i) {
      std::vector<float> vector(kDimension);
      const uint32_t group = random_() % 20;
      for (uint32_t d = 0; d < kDimension; ++d)
        vector[d] = static_cast<float>((group * 7 + d * 3) % 11) + 0.2f * gauss_(random_);
      writes->Put(next_++, vector);
    }
    sample_.Commit(writes);
  }
  std::set<uint64_t> Centres() {
    std::set<uint64_t> centres;
    for (const auto& entry : sample_->LoadedState()->segments) {
      const index::SegmentData& data = entry->segment().data();
      if (data.lists) centres.insert(data.lists->centres_id);
    }
    return centres;
  }
  void ExpectTheSameAsAnExactSearch() {
    const View view = sample_->ViewAt(sample_.last_commit(), nullptr);
    for (float x : {0.0f, 4.0f, 9.0f}) {
      const std::vector<float> query(kDimension, x);
      ViewSearch search;
      search.k = 20;
      search.nprobe = 1000;
      search.oversample = 2000;
      const auto found = view.Search(query, search);
      search.exact = true;
      const auto exact = view.Search(query, search);
      ASSERT_EQ(found.size(), exact.size());
      for (size_t i = 0; i < found.size(); ++i) EXPECT_EQ(found[i].row_id, exact[i].row_id);
    }
  }

  SampleCollection sample_{kDimension, index::Kind::kIvf, GetParam()};
  int64_t next_ = 1;
  std::mt19937 random_{5};
  std::normal_distribution<float> gauss_;
};

TEST_P(ListsTest, AreTheSameInEverySegmentUntilManyMoreAreWanted) {
  Add(9000);
  ASSERT_TRUE(sample_->Maintain(NeverCancel));
  const std::set<uint64_t> first = Centres();
  ASSERT_EQ(first.size(), 1u);
  for (int i = 0; i < 4; ++i) {
    Add(8500);
    ASSERT_TRUE(sample_->Maintain(NeverCancel));
    if (i < 3) EXPECT_EQ(Centres(), first) << i;
    ExpectTheSameAsAnExactSearch();
  }
  EXPECT_LT(sample_->Stats().segment_sizes.size(), 5u) << "nothing was merged";
  sample_.Reopen();
  ExpectTheSameAsAnExactSearch();
}

TEST_P(ListsTest, AreLearnedAnewByOptimize) {
  Add(9000);
  ASSERT_TRUE(sample_->Maintain(NeverCancel));
  const std::set<uint64_t> first = Centres();
  Add(3000);
  sample_->Optimize(NeverCancel);
  EXPECT_EQ(Centres().size(), 1u);
  EXPECT_NE(Centres(), first);
  ExpectTheSameAsAnExactSearch();
}

// What a load had in no segment yet lay in memory, all of it.
TEST(Loader, PutsIntoSegmentsWhatWouldFillTheMemory) {
  using index::Kind, index::Quantization;
  constexpr uint64_t kMost = 3000 * kDimension * sizeof(float);
  constexpr int64_t kRows = 20000;
  for (const auto& [kind, quantization] :
       {std::pair(Kind::kIvf, Quantization::kPq), std::pair(Kind::kHnsw, Quantization::kSq8),
        std::pair(Kind::kHnsw, Quantization::kNone)}) {
    SampleCollection sample(kDimension, kind, quantization, kMost);
    sample->BeginWrite(0);
    Collection::Loader loader(sample.operator->());
    uint64_t most = 0;
    for (int64_t row_id = 1; row_id <= kRows; ++row_id) {
      loader.Add(row_id, sample.Vector(static_cast<float>(row_id)));
      most = std::max(most, sample->Stats().tail_rows);
    }
    loader.Finish();
    sample.set_last_commit(1);
    const bool gives_room = quantization != Quantization::kNone;
    EXPECT_EQ(most <= 3000 + 2048, gives_room) << most;
    EXPECT_EQ(sample->Stats().tail_rows, gives_room ? 0u : uint64_t{kRows});
    const auto check = [&](uint64_t rows, const char* when) {
      EXPECT_EQ(sample->Stats().rows, rows) << when;
      EXPECT_THAT(sample.Now()[17], testing::Pair(18, 18.0f)) << when;
    };
    check(kRows, "at once");
    sample.Reopen();
    check(kRows, "after a reopening");
    sample.Put(kRows + 1, 50000);
    sample.Reopen();
    check(kRows + 1, "after another row");
  }
}

INSTANTIATE_TEST_SUITE_P(Quantizations, ListsTest,
                         testing::Values(index::Quantization::kNone, index::Quantization::kSq8,
                                         index::Quantization::kPq),
                         [](const testing::TestParamInfo<index::Quantization>& each) {
                           return std::string(index::QuantizationName(each.param));
                         });

}  // namespace
}  // namespace semblance::engine
