// A collection whose segments keep codes: its vectors come from the store.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <tuple>

#include "engine/row_codec.h"
#include "tests/engine/sample_collection.h"

namespace semblance::engine {
namespace {

using testing::ElementsAre;
using testing::Pair;

using Variant = std::tuple<index::Kind, index::Quantization>;

class QuantizedCollectionTest : public testing::TestWithParam<Variant> {
 protected:
  SampleCollection sample_{64, std::get<0>(GetParam()), std::get<1>(GetParam())};
};

TEST_P(QuantizedCollectionTest, MeasuresWithTheFullVectors) {
  sample_.PutMany(1, 2500);
  sample_->Optimize(NeverCancel);
  ASSERT_THAT(sample_->Stats().segment_sizes, ElementsAre(2500));
  EXPECT_EQ(sample_.Now().size(), 2500u);
  EXPECT_THAT(sample_.Now()[6], Pair(7, 7.0f));
  SampleCollection full(64, std::get<0>(GetParam()));
  full.PutMany(1, 2500);
  full->Optimize(NeverCancel);
  EXPECT_LT(sample_->Stats().memory_bytes, full->Stats().memory_bytes * 9 / 10);
}

TEST_P(QuantizedCollectionTest, ComesBackAfterAReopening) {
  sample_.PutMany(1, 2500);
  sample_.Put(9, -1);
  sample_->Optimize(NeverCancel);
  sample_.Put(10, -2);
  const auto before = sample_.Now();
  sample_.Reopen();
  EXPECT_EQ(sample_.Now(), before);
  EXPECT_THAT(sample_->Stats().segment_sizes, ElementsAre(2500));
  // A merge reads what it needs from the store.
  sample_->Optimize(NeverCancel);
  EXPECT_EQ(sample_.Now(), before);
}

TEST_P(QuantizedCollectionTest, ShowsAReaderTheVectorsOfItsCommit) {
  sample_.PutMany(1, 2500);
  sample_->Optimize(NeverCancel);
  const uint64_t then = sample_.last_commit();
  sample_.Put(5, 4000);
  EXPECT_THAT(sample_.At(then)[4], Pair(5, 5.0f));
  EXPECT_THAT(sample_.Now()[4], Pair(6, 6.0f));
  EXPECT_THAT(sample_.Now().back(), Pair(5, 4000.0f));
}

// Somebody searches on in a state whose superseded rows are gone: told so, never given others.
TEST_P(QuantizedCollectionTest, RefusesAReaderWhoseVectorsAreGone) {
  sample_.PutMany(1, 2500);
  sample_->Optimize(NeverCancel);
  const View old = sample_->ViewAt(sample_.last_commit(), nullptr);
  sample_.Put(5, 4000);
  sample_->Optimize(NeverCancel);
  ViewSearch search;
  search.k = 10;
  search.exact = true;
  EXPECT_EQ(KindThrownBy([&] { old.Search(sample_.Vector(0), search); }),
            ErrorKind::kSnapshotTooOld);
}

TEST_P(QuantizedCollectionTest, LosesNothingWithoutItsListOfCommits) {
  sample_.PutMany(1, 2500);
  sample_->Optimize(NeverCancel);
  const auto before = sample_.Now();
  sample_.store().DeletePrefix(kSegments, SegmentKey(SampleCollection::kId, 1, 'c'));
  sample_.Reopen();
  EXPECT_EQ(sample_.Now(), before);
  EXPECT_TRUE(sample_->Stats().segment_sizes.empty());
}

std::string NameOf(const testing::TestParamInfo<Variant>& info) {
  return std::string(index::KindName(std::get<0>(info.param))) + "_" +
         std::string(index::QuantizationName(std::get<1>(info.param)));
}

INSTANTIATE_TEST_SUITE_P(
    Variants, QuantizedCollectionTest,
    testing::Combine(testing::Values(index::Kind::kFlat, index::Kind::kHnsw, index::Kind::kIvf),
                     testing::Values(index::Quantization::kSq8, index::Quantization::kF16,
                                     index::Quantization::kBinary)),
    NameOf);
INSTANTIATE_TEST_SUITE_P(OfLists, QuantizedCollectionTest,
                         testing::Values(Variant{index::Kind::kIvf, index::Quantization::kPq}),
                         NameOf);

}  // namespace
}  // namespace semblance::engine
