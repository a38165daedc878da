#include "index/equal_rows.h"

#include <gtest/gtest.h>

#include <vector>

namespace semblance::index {
namespace {

TEST(LinkEqualRows, LeadsFromEachToTheNextOfItsKind) {
  const std::vector<float> rows = {1, 2, 3, 4, 1, 2, 5, 6, 3, 4, 1, 2};
  const BigArray<uint32_t> next = LinkEqualRows(rows.data(), 6, 2);
  const uint32_t expected[] = {2, 4, 5, kNoRow, kNoRow, kNoRow};
  ASSERT_EQ(next.size(), 6u);
  for (int i = 0; i < 6; ++i) EXPECT_EQ(next[i], expected[i]) << i;
}

TEST(LinkEqualRows, IsEmptyWhereAllDiffer) {
  const std::vector<float> rows = {1, 2, 2, 1, 1, 1};
  EXPECT_EQ(LinkEqualRows(rows.data(), 3, 2).size(), 0u);
  EXPECT_EQ(LinkEqualRows(nullptr, 0, 2).size(), 0u);
}

}  // namespace
}  // namespace semblance::index
