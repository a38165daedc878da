// The rows of a view one by one, wherever they lie, and what a search of them reports.
#include <gtest/gtest.h>

#include <functional>
#include <vector>

#include "engine/neighbour_stream.h"
#include "index/error.h"
#include "tests/engine/sample_collection.h"

namespace semblance::engine {
namespace {

// Row ids and x, by row id.
SampleCollection::Shown RowsOf(const View& view, uint32_t dimension) {
  SampleCollection::Shown shown;
  std::vector<float> vector(dimension);
  for (const RowPlace& row : view.Rows()) {
    EXPECT_TRUE(view.CopyVector(row, vector));
    const auto found = view.Find(row.row_id);
    EXPECT_TRUE(found && found->part == row.part && found->position == row.position);
    shown.emplace_back(row.row_id, vector[0]);
  }
  return shown;
}

class ViewRows : public testing::TestWithParam<index::Quantization> {};

TEST_P(ViewRows, AreThoseOfSegmentsNewestRowsAndTheTransaction) {
  SampleCollection collection(2, index::Kind::kFlat, GetParam());
  collection.PutMany(1, 4);
  collection->Optimize(NeverCancel);
  collection.Put(3, 30);   // over a segment's
  collection.Delete(4);    // of a segment
  collection.Put(9, 9);    // newest
  const uint64_t before = collection.last_commit();
  collection.Put(10, 10);
  const auto writes = collection.NewWrites();
  writes->Put(2, collection.Vector(20));
  writes->Delete(9);
  writes->Put(7, collection.Vector(7));
  using Shown = SampleCollection::Shown;
  EXPECT_EQ(RowsOf(collection->ViewAt(before, nullptr), 2),
            (Shown{{1, 1}, {2, 2}, {3, 30}, {9, 9}}));
  const View view = collection->ViewAt(collection.last_commit(), writes);
  EXPECT_EQ(RowsOf(view, 2), (Shown{{1, 1}, {2, 20}, {3, 30}, {7, 7}, {10, 10}}));
  for (int64_t gone : {4, 9, 11, 0}) EXPECT_FALSE(view.Find(gone)) << gone;
}

INSTANTIATE_TEST_SUITE_P(Engine, ViewRows,
                         testing::Values(index::Quantization::kNone, index::Quantization::kSq8));

TEST(ViewRowsTest, ARowThatWasTakenBackHasNoVector) {
  SampleCollection collection;
  const auto writes = collection.NewWrites();
  writes->SetSavepoint(0);
  writes->Put(1, collection.Vector(1));
  const View view = collection->ViewAt(0, writes);
  const auto place = view.Find(1);
  ASSERT_TRUE(place);
  writes->RollbackTo(0);
  std::vector<float> vector(2);
  EXPECT_FALSE(view.CopyVector(*place, vector));
}

TEST(SearchReportTest, TellsOfEachPart) {
  SampleCollection collection;
  collection.PutMany(1, 10);
  collection->Optimize(NeverCancel);
  collection.PutMany(11, 5);
  const auto writes = collection.NewWrites();
  writes->Put(2, collection.Vector(50));
  writes->Delete(3);
  SearchReport report;
  NeighbourStream::Options options;
  options.wanted = 2;
  options.report = &report;
  options.filter = std::make_shared<RowFilter>(std::vector<int64_t>{1, 2, 3, 4, 12, 13, 99});
  NeighbourStream stream(collection->ViewAt(collection.last_commit(), writes), {0, 0}, options);
  EXPECT_EQ(stream.Next()->row_id, 1);
  EXPECT_EQ(stream.Next()->row_id, 4);
  ASSERT_EQ(report.parts.size(), 3u);
  EXPECT_EQ(report.parts[0].part, PartReport::Part::kSegment);
  EXPECT_EQ(report.parts[0].rows, 10u);
  EXPECT_EQ(report.parts[0].allowed, 2u);
  EXPECT_EQ(report.parts[0].stats.distances, 2u);
  EXPECT_EQ(report.parts[1].part, PartReport::Part::kNewest);
  EXPECT_EQ(report.parts[1].rows, 5u);
  EXPECT_EQ(report.parts[1].allowed, 2u);
  EXPECT_EQ(report.parts[2].part, PartReport::Part::kUncommitted);
  EXPECT_EQ(report.parts[2].rows, 2u);
  EXPECT_EQ(report.parts[2].allowed, 1u);
  ASSERT_EQ(report.given.size(), 2u);
  EXPECT_EQ(report.given[1].row_id, 4);
  EXPECT_EQ(report.passes, 1u);
  EXPECT_TRUE(stream.Next());
  EXPECT_EQ(report.passes, 2u);
  EXPECT_EQ(report.parts.back().pass, 1u);
}

TEST(SearchReportTest, ASearchEndsWhenItIsTold) {
  SampleCollection collection(512);
  collection.PutMany(1, 20000);
  ViewSearch search;
  const std::function<bool()> at_once = [] { return true; };
  search.cancel = &at_once;
  EXPECT_THROW(collection->ViewAt(1, nullptr).Search(collection.Vector(0), search), index::Error);
}

}  // namespace
}  // namespace semblance::engine
