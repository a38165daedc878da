// The learning rate over a phase: a linear rise over the first `warmup` share of the steps, then a
// linear fall to zero.
#pragma once

#include <algorithm>
#include <cstdint>

namespace semblance::training {

// The factor in (0, 1] for step 0 .. total - 1.
inline double ScheduleFactor(int64_t step, int64_t total, double warmup) {
  const double rise = std::max(1.0, warmup * static_cast<double>(total));
  const double at = static_cast<double>(step) + 1;
  if (at <= rise) return at / rise;
  const double fall = static_cast<double>(total) - rise + 1;
  return std::max(0.0, (static_cast<double>(total) + 1 - at) / fall);
}

}  // namespace semblance::training
