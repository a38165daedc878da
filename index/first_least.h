// Which of some numbers is the least.
#pragma once

#include <algorithm>
#include <cstddef>
#include <limits>

namespace semblance::index {

// Of equals the first; of numbers[0 .. count - 1], count at least 1, none of them NaN. In lanes,
// which the compiler turns into wide instructions: a search for the place is a chain of steps that
// wait for each other.
inline size_t FirstLeast(const float* numbers, size_t count) {
  constexpr size_t kLanes = 16;
  float lanes[kLanes];
  std::fill_n(lanes, kLanes, std::numeric_limits<float>::infinity());
  size_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    for (size_t lane = 0; lane < kLanes; ++lane)
      lanes[lane] = numbers[i + lane] < lanes[lane] ? numbers[i + lane] : lanes[lane];
  }
  for (size_t half = kLanes / 2; half > 0; half /= 2) {
    for (size_t lane = 0; lane < half; ++lane)
      lanes[lane] = lanes[lane + half] < lanes[lane] ? lanes[lane + half] : lanes[lane];
  }
  float least = lanes[0];
  for (; i < count; ++i) least = numbers[i] < least ? numbers[i] : least;
  for (i = 0; i + kLanes <= count; i += kLanes) {
    bool here = false;
    for (size_t lane = 0; lane < kLanes; ++lane) here |= numbers[i + lane] == least;
    if (here) break;
  }
  while (i < count && numbers[i] != least) ++i;
  return i < count ? i : 0;
}

}  // namespace semblance::index
