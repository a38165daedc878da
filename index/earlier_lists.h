// Lists that a segment takes over from one that was built before.
//
// Looking for the nearest of thousands of centres is most of what putting a row into a list costs,
// and every merge of segments would do it again for rows that have long been in a list. So centres,
// codebooks and the centre of codes stay what they are from segment to segment, and rows that are
// in the same lists already are copied, until something says that others would be better:
//
//   - The new segment's size asks for more than twice as many lists, or all rows together ask for
//     fewer than half as many.
//   - The mean squared distance of rows to their centres has grown by a fifth since the centres
//   were
//     learned: the data has drifted.
//
// What was learned of fewer than kSampleOfList rows for each list is not taken over.
#pragma once

#include <cstdint>
#include <vector>

#include "index/segment_data.h"

namespace semblance::index {

inline constexpr uint64_t kSampleOfList = 64;

// How many lists a segment of so many rows gets.
uint32_t ListsFor(const SegmentOptions& options, uint64_t size);

// Whether it may lend its lists to a segment of `size` rows by their number and by what taught
// them.
bool MayLendLists(const SegmentOptions& options, uint64_t size);
// Whether rows that lie at a mean squared distance of `spread` still belong into them.
bool HasDrifted(const IvfLists& lists, float spread);

// Into an empty `data` that has row ids and room for codes or vectors.
void TakeLists(const SegmentData& from, SegmentData& data);

// Copies rows that are in the same lists already.
class EarlierRows {
 public:
  // Nothing is owned; `data` has taken its lists.
  EarlierRows(const EarlierLists& earlier, SegmentData& data);

  // What a segment has of the row, to its position of `data`, and its list; false when it must be
  // made. Threads: different positions at once.
  bool Copy(uint32_t position, uint32_t* list) const;

 private:
  const EarlierLists& earlier_;
  SegmentData& data_;
  std::vector<const Segment*> in_same_lists_;  // of the sources
};

}  // namespace semblance::index
