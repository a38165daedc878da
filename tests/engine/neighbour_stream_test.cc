#include "engine/neighbour_stream.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "tests/engine/sample_collection.h"

namespace semblance::engine {
namespace {

// Rows 1 .. 3000 around: most in a segment, some in the tail, every seventh deleted, some uncommitted.
class NeighbourStreamTest : public ::testing::TestWithParam<index::Kind> {
 protected:
  NeighbourStreamTest() : sample_(4, GetParam()) {
    auto writes = sample_.NewWrites();
    for (int64_t row_id = 1; row_id <= 2500; ++row_id) writes->Put(row_id, RandomVector());
    sample_.Commit(writes);
    sample_->Optimize(NeverCancel);
    writes = sample_.NewWrites();
    for (int64_t row_id = 2501; row_id <= 2900; ++row_id) writes->Put(row_id, RandomVector());
    for (int64_t row_id = 7; row_id <= 2500; row_id += 7) writes->Delete(row_id);
    sample_.Commit(writes);
    overlay_ = sample_.NewWrites();
    for (int64_t row_id = 2850; row_id <= 3000; ++row_id) overlay_->Put(row_id, RandomVector());
  }

  std::vector<float> RandomVector() {
    std::vector<float> vector(4);
    for (float& x : vector) x = normal_(rng_);
    return vector;
  }
  View Current() { return sample_->ViewAt(sample_.last_commit(), overlay_); }
  std::vector<Found> Drain(uint32_t hint, std::shared_ptr<const RowFilter> filter = nullptr) {
    NeighbourStream stream(Current(), {0.1f, 0.2f, 0.3f, 0.4f}, hint, 16, std::move(filter));
    std::vector<Found> all;
    while (const auto found = stream.Next()) all.push_back(*found);
    EXPECT_FALSE(stream.Next()) << "the end is the end";
    return all;
  }
  static std::vector<int64_t> SortedIds(const std::vector<Found>& rows) {
    std::vector<int64_t> row_ids;
    for (const Found& row : rows) row_ids.push_back(row.row_id);
    std::sort(row_ids.begin(), row_ids.end());
    return row_ids;
  }
  static bool InOrder(const std::vector<Found>& rows) {
    return std::is_sorted(rows.begin(), rows.end(), [](const Found& a, const Found& b) {
      return a.distance != b.distance ? a.distance < b.distance : a.row_id < b.row_id;
    });
  }

  SampleCollection sample_;
  std::shared_ptr<PendingWrites> overlay_;
  std::mt19937 rng_{5};
  std::normal_distribution<float> normal_;
};

TEST_P(NeighbourStreamTest, GivesEveryRowExactlyOnceWhateverTheHint) {
  const std::vector<int64_t> expected = Current().RowIds();
  EXPECT_EQ(expected.size(), 3000u - 357u);
  for (uint32_t hint : {0u, 1u, 10u, 700u, 5000u, UINT32_MAX}) {
    EXPECT_EQ(SortedIds(Drain(hint)), expected) << "hint " << hint;
  }
}

TEST_P(NeighbourStreamTest, GivesTheFilteredRowsExactlyOnce) {
  std::vector<int64_t> wanted = {-4, 7, 8, 8, 2501, 2990, 4000};
  EXPECT_EQ(SortedIds(Drain(1, std::make_shared<RowFilter>(wanted))), (std::vector<int64_t>{8, 2501, 2990}));
  for (int64_t row_id = 1; row_id <= 3000; row_id += 2) wanted.push_back(row_id);
  const RowFilter odd(wanted);
  std::vector<int64_t> expected;
  for (int64_t row_id : Current().RowIds()) {
    if (odd.Contains(row_id)) expected.push_back(row_id);
  }
  EXPECT_EQ(SortedIds(Drain(3, std::make_shared<RowFilter>(wanted))), expected);
  EXPECT_TRUE(Drain(10, std::make_shared<RowFilter>(std::vector<int64_t>())).empty());
}

TEST_P(NeighbourStreamTest, IsInOrderWhereSearchIsExact) {
  if (GetParam() == index::Kind::kFlat) {
    for (uint32_t hint : {1u, 10u, 5000u}) EXPECT_TRUE(InOrder(Drain(hint))) << "hint " << hint;
  } else {
    // A graph may miss a row and give it later; the first rows are nearly all right.
    ViewSearch exact;
    exact.k = 10;
    exact.exact = true;
    const auto nearest = Current().Search(std::vector<float>{0.1f, 0.2f, 0.3f, 0.4f}, exact);
    auto first = Drain(10);
    first.resize(20);
    const auto row_ids = SortedIds(first);
    const auto hits = std::count_if(nearest.begin(), nearest.end(), [&](const Found& row) {
      return std::binary_search(row_ids.begin(), row_ids.end(), row.row_id);
    });
    EXPECT_GE(hits, 8);
  }
}

INSTANTIATE_TEST_SUITE_P(Kinds, NeighbourStreamTest, ::testing::Values(index::Kind::kFlat, index::Kind::kHnsw),
                         [](const auto& kind) { return kind.param == index::Kind::kFlat ? "Flat" : "Hnsw"; });

TEST(NeighbourStreamOfNothingTest, EndsAtOnce) {
  SampleCollection sample;
  NeighbourStream stream(sample->ViewAt(0, nullptr), {1, 0}, 10, 64, nullptr);
  EXPECT_FALSE(stream.Next());
}

}  // namespace
}  // namespace semblance::engine
