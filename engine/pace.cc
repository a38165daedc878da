#include "engine/pace.h"

#include <algorithm>

#include "engine/compaction.h"

namespace semblance::engine {
namespace {

constexpr std::chrono::duration<double> kLeast{0.00002};
constexpr std::chrono::duration<double> kMost{0.005};

}  // namespace

void Pace::Indexed(uint64_t rows, Clock::duration took) {
  constexpr uint64_t kEnoughToTell = 1024;
  if (rows < kEnoughToTell) return;
  const std::chrono::duration<double> measured =
      std::chrono::duration<double>(took) / static_cast<double>(rows);
  of_a_row_ = std::clamp((of_a_row_ + measured) / 2, kLeast, kMost);
}

void Pace::Wrote(uint64_t rows, uint64_t backlog, uint64_t unsealed, Clock::time_point now) {
  for_memory_ = unsealed > kMostUnsealed;
  const bool for_searches = backlog > kSearchedSealWrites && SearchedLately(now);
  if (!for_memory_ && !for_searches) return;
  // The more of them there are, the slower, so that there is an end to it.
  const double times = std::max(
      for_searches ? static_cast<double>(backlog) / kSearchedSealWrites / 2 : 0,
      for_memory_ ? static_cast<double>(unsealed) / static_cast<double>(kMostUnsealed) : 0);
  const std::chrono::duration<double> cost = std::min<std::chrono::duration<double>>(
      of_a_row_ * times * static_cast<double>(rows), LongestWait());
  next_ = std::max(next_, now) + std::chrono::duration_cast<Clock::duration>(cost);
}

Pace::Clock::time_point Pace::NextWrite(Clock::time_point now) const {
  if (!for_memory_ && !SearchedLately(now)) return now;
  return std::clamp<Clock::time_point>(next_, now, now + LongestWait());
}

}  // namespace semblance::engine
