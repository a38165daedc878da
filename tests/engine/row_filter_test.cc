#include "engine/row_filter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <vector>

namespace semblance::engine {
namespace {

TEST(RowFilter, HoldsEachRowIdOnceInOrder) {
  const RowFilter filter({5, 1, 5, -3});
  EXPECT_THAT(filter.row_ids(), ::testing::ElementsAre(-3, 1, 5));
}

std::shared_ptr<const index::Segment> SegmentOf(const std::vector<int64_t>& row_ids) {
  index::SegmentOptions options;
  options.kind = index::Kind::kFlat;
  options.metric = index::Metric::kL2;
  options.dimension = 1;
  return index::Segment::Build(options, row_ids, std::vector<float>(row_ids.size(), 1.0f));
}

std::vector<int64_t> RowIdsIn(const index::Segment& segment, const index::PositionSet& positions) {
  std::vector<int64_t> row_ids;
  for (uint32_t p = 0; p < segment.size(); ++p) {
    if (positions.Contains(p)) row_ids.push_back(segment.row_id(p));
  }
  return row_ids;
}

std::vector<int64_t> UpTo(int64_t end) {
  std::vector<int64_t> row_ids(end);
  for (int64_t i = 0; i < end; ++i) row_ids[i] = i;
  return row_ids;
}

TEST(RowFilter, FindsItsRowsInASegmentThatHasOtherRowsToo) {
  const auto segment = SegmentOf(UpTo(100));
  const RowFilter few({3, 99, 100, -1});  // looked for one by one
  EXPECT_THAT(RowIdsIn(*segment, *few.PositionsIn(segment)), ::testing::ElementsAre(3, 99));
  std::vector<int64_t> even;
  for (int64_t i = -10; i < 100; i += 2) even.push_back(i);
  const RowFilter many(even);  // merged
  even.erase(even.begin(), even.begin() + 5);
  EXPECT_EQ(RowIdsIn(*segment, *many.PositionsIn(segment)), even);
}

TEST(RowFilter, KeepsWhatItFoundWhileTheSegmentIsThere) {
  const RowFilter filter({1, 2});
  auto first = SegmentOf({1, 5}), second = SegmentOf({1, 2});
  const auto positions = filter.PositionsIn(first);
  EXPECT_EQ(filter.PositionsIn(first), positions);
  EXPECT_THAT(RowIdsIn(*second, *filter.PositionsIn(second)), ::testing::ElementsAre(1, 2));
  EXPECT_EQ(filter.PositionsIn(first), positions);
}

TEST(RowFilter, TakesNoSegmentForOneThatIsGone) {
  const RowFilter filter({1, 2});
  for (int64_t i = 0; i < 20; ++i) {
    const auto segment = i % 2 ? SegmentOf({1, 5}) : SegmentOf({2, 7, 9});
    EXPECT_THAT(RowIdsIn(*segment, *filter.PositionsIn(segment)),
                ::testing::ElementsAre(i % 2 ? 1 : 2));
  }
}

}  // namespace
}  // namespace semblance::engine
