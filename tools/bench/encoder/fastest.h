// How long something takes when nothing else gets in its way.
#pragma once

#include <algorithm>
#include <limits>

#include "tools/bench/stopwatch.h"

namespace semblance::bench {

// The clock for work of so many threads: for one, the processor time, in which other work on the
// machine does not count.
inline Clock ClockFor(int threads) { return threads == 1 ? Clock::kProcess : Clock::kWall; }

// The fastest of as many calls as fit into `seconds`, at least two after one that is not counted,
// in seconds of `clock`. What disturbs only ever adds time.
template <typename Call>
double FastestSeconds(double seconds, Clock clock, Call call) {
  constexpr int kLeast = 2;
  call();
  double fastest = std::numeric_limits<double>::infinity();
  const Stopwatch whole;
  for (int i = 0; i < kLeast || whole.Seconds() < seconds; ++i) {
    const Stopwatch one(clock);
    call();
    fastest = std::min(fastest, one.Seconds());
  }
  return fastest;
}

}  // namespace semblance::bench
