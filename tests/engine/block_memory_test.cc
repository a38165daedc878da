#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "engine/collection_state.h"

namespace semblance::engine {
namespace {

TEST(BlockMemory, GivesWhatIsExpectedFromOneAreaAndMoreAfterIt) {
  constexpr size_t kNumbers = 1000;
  BlockMemory memory;
  memory.Expect(3, kNumbers);
  std::vector<std::shared_ptr<float>> blocks;
  for (int b = 0; b < 5; ++b) {
    blocks.push_back(memory.Take(kNumbers));
    std::fill_n(blocks.back().get(), kNumbers, static_cast<float>(b));
  }
  EXPECT_EQ(blocks[1].get(), blocks[0].get() + kNumbers);
  EXPECT_EQ(blocks[2].get(), blocks[1].get() + kNumbers);
  for (int b = 0; b < 5; ++b) {
    EXPECT_EQ(blocks[b].get()[0], b);
    EXPECT_EQ(blocks[b].get()[kNumbers - 1], b);
  }
  blocks.erase(blocks.begin(), blocks.begin() + 2);
  EXPECT_EQ(blocks[0].get()[kNumbers - 1], 2);  // the area is there as long as one of its blocks is
}

TEST(BlockMemory, TakesNoPartOfAnAreaThatIsTooSmall) {
  BlockMemory memory;
  memory.Expect(2, 10);
  const auto larger = memory.Take(500);
  std::fill_n(larger.get(), 500, 1.0f);
  EXPECT_EQ(larger.get()[499], 1.0f);
}

}  // namespace
}  // namespace semblance::engine
