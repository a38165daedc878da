// A collection whose segments keep codes: its vectors come from the store.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/row_codec.h"
#include "tests/engine/sample_collection.h"

namespace semblance::engine {
namespace {

using testing::ElementsAre;
using testing::Pair;

class QuantizedCollectionTest : public testing::TestWithParam<index::Kind> {
 protected:
  SampleCollection sample_{64, GetParam(), index::Quantization::kSq8};
};

TEST_P(QuantizedCollectionTest, MeasuresWithTheFullVectors) {
  sample_.PutMany(1, 2500);
  sample_->Optimize(NeverCancel);
  ASSERT_THAT(sample_->Stats().segment_sizes, ElementsAre(2500));
  EXPECT_EQ(sample_.Now().size(), 2500u);
  EXPECT_THAT(sample_.Now()[6], Pair(7, 7.0f));
  EXPECT_LT(sample_->Stats().memory_bytes, 2500 * 64 * sizeof(float));
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

INSTANTIATE_TEST_SUITE_P(Kinds, QuantizedCollectionTest,
                         testing::Values(index::Kind::kFlat, index::Kind::kHnsw),
                         [](const auto& info) {
                           return info.param == index::Kind::kFlat ? "Flat" : "Hnsw";
                         });

}  // namespace
}  // namespace semblance::engine
