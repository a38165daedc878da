#include "engine/neighbour_stream.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "tests/engine/sample_collection.h"

namespace semblance::engine {
namespace {

// Rows 1 .. 3000 around: most in a segment, some in the tail, every seventh deleted, some
// uncommitted.
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
  std::vector<Found> Drain(std::optional<uint32_t> wanted,
                           std::shared_ptr<const RowFilter> filter = nullptr,
                           bool complete = false) {
    NeighbourStream::Options options;
    options.wanted = wanted;
    options.complete = complete;
    options.ef = 16;
    options.nprobe = 8;  // of 50
    options.filter = std::move(filter);
    NeighbourStream stream(Current(), {0.1f, 0.2f, 0.3f, 0.4f}, std::move(options));
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

TEST_P(NeighbourStreamTest, GivesEveryRowExactlyOnceWhenNobodySaysHowMany) {
  const std::vector<int64_t> expected = Current().RowIds();
  EXPECT_EQ(expected.size(), 3000u - 357u);
  const auto all = Drain(std::nullopt);
  EXPECT_EQ(SortedIds(all), expected);
  EXPECT_TRUE(InOrder(all));
}

TEST_P(NeighbourStreamTest, MissesNothingWhereItMustBeComplete) {
  for (uint32_t wanted : {1u, 10u, 100u}) {
    const auto all = Drain(wanted, nullptr, true);
    EXPECT_EQ(SortedIds(all), Current().RowIds());
    EXPECT_TRUE(InOrder(all));
  }
}

TEST_P(NeighbourStreamTest, GivesTheFilteredRowsExactlyOnce) {
  std::vector<int64_t> wanted = {-4, 7, 8, 8, 2501, 2990, 4000};
  EXPECT_EQ(SortedIds(Drain(1, std::make_shared<RowFilter>(wanted))),
            (std::vector<int64_t>{8, 2501, 2990}));
  for (int64_t row_id = 1; row_id <= 3000; row_id += 2) wanted.push_back(row_id);
  const RowFilter odd(wanted);
  std::vector<int64_t> expected;
  for (int64_t row_id : Current().RowIds()) {
    if (odd.Contains(row_id)) expected.push_back(row_id);
  }
  EXPECT_EQ(SortedIds(Drain(std::nullopt, std::make_shared<RowFilter>(wanted))), expected);
  EXPECT_TRUE(Drain(10, std::make_shared<RowFilter>(std::vector<int64_t>())).empty());
}

// What the graph missed stays missed rather than come out of order; pulled to its end, the stream
// lacks hardly a row.
TEST_P(NeighbourStreamTest, IsInOrderWhateverIsWanted) {
  const size_t all = Current().RowIds().size();
  for (uint32_t wanted : {0u, 1u, 10u, 100u, 600u, 5000u, UINT32_MAX}) {
    const auto rows = Drain(wanted);
    EXPECT_TRUE(InOrder(rows)) << "wanted " << wanted;
    auto row_ids = SortedIds(rows);
    EXPECT_EQ(std::unique(row_ids.begin(), row_ids.end()), row_ids.end()) << "wanted " << wanted;
    const size_t missed = GetParam() == index::Kind::kFlat   ? 0
                          : GetParam() == index::Kind::kHnsw ? wanted / 10
                                                             : wanted / 10 + 10;
    EXPECT_GE(rows.size() + missed, all) << "wanted " << wanted;
  }
}

TEST_P(NeighbourStreamTest, TheFirstRowsAreTheNearest) {
  ViewSearch exact;
  exact.k = 10;
  exact.exact = true;
  const auto nearest = Current().Search(std::vector<float>{0.1f, 0.2f, 0.3f, 0.4f}, exact);
  auto first = Drain(10);
  first.resize(10);
  const auto row_ids = SortedIds(first);
  const auto hits = std::count_if(nearest.begin(), nearest.end(), [&](const Found& row) {
    return std::binary_search(row_ids.begin(), row_ids.end(), row.row_id);
  });
  EXPECT_GE(hits, GetParam() == index::Kind::kFlat ? 10 : 8);
}

INSTANTIATE_TEST_SUITE_P(Kinds, NeighbourStreamTest,
                         ::testing::Values(index::Kind::kFlat, index::Kind::kHnsw,
                                           index::Kind::kIvf),
                         [](const auto& kind) { return std::string(index::KindName(kind.param)); });

// The first rows came from an exact search, those behind them from some lists only.
TEST(NeighbourStreamOfLists, ThatBeganExactlyGoesOnExactly) {
  SampleCollection sample(2, index::Kind::kIvf);
  sample.PutMany(1, 2500);
  sample->Optimize(NeverCancel);
  NeighbourStream::Options options;
  options.nprobe = 1;
  NeighbourStream stream(sample->ViewAt(sample.last_commit(), nullptr), {1250.2f, 0},
                         std::move(options));
  size_t count = 0;
  while (stream.Next()) ++count;
  EXPECT_EQ(count, 2500u);
}

TEST(NeighbourStreamOfNothingTest, EndsAtOnce) {
  SampleCollection sample;
  NeighbourStream stream(sample->ViewAt(0, nullptr), {1, 0}, NeighbourStream::Options());
  EXPECT_FALSE(stream.Next());
}

}  // namespace
}  // namespace semblance::engine
