// Time since it was made.
#pragma once

#include <ctime>

namespace semblance::bench {

// What others on the machine take away does not count in the processor time of a thread or of all
// the process's threads.
enum class Clock { kWall = CLOCK_MONOTONIC, kThread = CLOCK_THREAD_CPUTIME_ID,
                   kProcess = CLOCK_PROCESS_CPUTIME_ID };

class Stopwatch {
 public:
  explicit Stopwatch(Clock clock = Clock::kWall) : clock_(clock), start_(Now()) {}
  double Seconds() const { return Now() - start_; }

 private:
  double Now() const {
    timespec now;
    clock_gettime(static_cast<clockid_t>(clock_), &now);
    return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
  }

  const Clock clock_;
  const double start_;
};

}  // namespace semblance::bench
