#include "engine/pace.h"

#include <gtest/gtest.h>

#include "engine/compaction.h"

namespace semblance::engine {
namespace {

using std::chrono::milliseconds;
constexpr uint64_t kFew = kSearchedSealWrites;
constexpr uint64_t kMany = 4 * kSearchedSealWrites;
const Pace::Clock::time_point kNow = Pace::Clock::now();

TEST(Pace, LetsAWriterGoOnWhileNobodySearches) {
  Pace pace;
  pace.Wrote({100000, 100000, kMany, 0}, kNow);
  EXPECT_EQ(pace.NextWrite(0, kNow), kNow);
}

TEST(Pace, LetsAWriterGoOnWhileFewRowsHaveNoIndex) {
  Pace pace;
  pace.Searched(kNow);
  pace.Wrote({1000, 1000, kFew, 0}, kNow);
  EXPECT_EQ(pace.NextWrite(0, kNow), kNow);
}

TEST(Pace, TakesTheTimeOfIndexingWhatWasWritten) {
  Pace pace;
  for (int i = 0; i < 20; ++i)
    pace.Indexed(10000, std::chrono::seconds(10));  // a row a millisecond
  pace.Searched(kNow);
  pace.Wrote({100, 100, 2 * kSearchedSealWrites + 1, 0}, kNow);
  EXPECT_GE(pace.NextWrite(0, kNow) - kNow, milliseconds(99));
  EXPECT_LE(pace.NextWrite(0, kNow) - kNow, milliseconds(102));
}

TEST(Pace, IsSlowerTheMoreRowsWait) {
  Pace some, more;
  some.Searched(kNow);
  more.Searched(kNow);
  some.Wrote({100, 100, kMany, 0}, kNow);
  more.Wrote({100, 100, 2 * kMany, 0}, kNow);
  EXPECT_GT(more.NextWrite(0, kNow), some.NextWrite(0, kNow));
}

TEST(Pace, LetsNoWriterFillTheMemoryThoughNobodySearches) {
  constexpr uint64_t kMost = Pace::kMostUnsealed;
  Pace pace;
  for (int i = 0; i < 20; ++i) pace.Indexed(10000, std::chrono::seconds(1));
  pace.Wrote({5000, 5000, kMany, kMost}, kNow);
  EXPECT_EQ(pace.NextWrite(2 * kMost, kNow), kNow);
  pace.Wrote({5000, 5000, kMany, 2 * kMost}, kNow);  // half a second, and twice that
  EXPECT_GE(pace.NextWrite(2 * kMost, kNow) - kNow, milliseconds(990));
  EXPECT_LE(pace.NextWrite(2 * kMost, kNow) - kNow, milliseconds(1010));
  EXPECT_EQ(pace.NextWrite(kMost, kNow), kNow);  // they have been put into a segment meanwhile
  for (int i = 0; i < 100; ++i) pace.Wrote({1u << 20, 1u << 20, kMany, 8 * kMost}, kNow);
  EXPECT_EQ(pace.NextWrite(8 * kMost, kNow), kNow + Pace::kLongestWaitForMemory);
}

TEST(Pace, DoesNotMakeDeletionsWaitForMemory) {
  Pace pace;
  pace.Wrote({1u << 20, 0, kMany, 8 * Pace::kMostUnsealed}, kNow);
  EXPECT_EQ(pace.NextWrite(8 * Pace::kMostUnsealed, kNow), kNow);
}

TEST(Pace, HasAnEndToEachWait) {
  Pace pace;
  pace.Searched(kNow);
  for (int i = 0; i < 10; ++i) pace.Wrote({1u << 20, 1u << 20, 1u << 24, 0}, kNow);
  EXPECT_EQ(pace.NextWrite(0, kNow), kNow + Pace::kLongestWait);
}

TEST(Pace, ForgetsItAllWhenNobodySearchesAnyMore) {
  Pace pace;
  pace.Searched(kNow);
  pace.Wrote({1u << 20, 1u << 20, 1u << 24, 0}, kNow);
  const auto later = kNow + Pace::kLately + milliseconds(1);
  EXPECT_EQ(pace.NextWrite(0, later), later);
}

}  // namespace
}  // namespace semblance::engine
