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

void Pace::Wrote(const Commit& commit, Clock::time_point now) {
  // The more of them wait, the slower, so that there is an end to it.
  const auto after = [&](Clock::time_point next, uint64_t rows, double times,
                         std::chrono::duration<double> longest) {
    const auto cost = std::min(of_a_row_ * times * static_cast<double>(rows), longest);
    return std::max(next, now) + std::chrono::duration_cast<Clock::duration>(cost);
  };
  if (commit.backlog > kSearchedSealWrites && SearchedLately(now)) {
    const double times = static_cast<double>(commit.backlog) / kSearchedSealWrites / 2;
    next_ = after(next_, commit.rows, times, kLongestWait);
  }
  if (commit.unsealed > kMostUnsealed) {
    const double times = static_cast<double>(commit.unsealed) / static_cast<double>(kMostUnsealed);
    memory_next_ = after(memory_next_, commit.added, times, kLongestWaitForMemory);
  }
}

Pace::Clock::time_point Pace::NextWrite(uint64_t unsealed, Clock::time_point now) const {
  auto next = now;
  if (SearchedLately(now)) next = std::clamp<Clock::time_point>(next_, now, now + kLongestWait);
  if (unsealed <= kMostUnsealed) return next;
  return std::clamp<Clock::time_point>(memory_next_, next, now + kLongestWaitForMemory);
}

}  // namespace semblance::engine
