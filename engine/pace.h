// How long a writer waits so that the background thread keeps up with it.
//
// Rows that have no index yet are scanned by every search. A writer that is faster than the
// construction of graphs would make searches as slow as a scan of all it wrote; so while somebody
// searches, and there are more such rows than one segment gets, each commit is followed by the time
// that indexing as many rows takes, or a multiple of it, without SQLite's lock.
//
// While nobody searches, writers wait for nothing, unless so many rows wait to be put into segments
// that they would fill the memory: they lie there with their full vectors.
//
// Threads: the owner's lock.
#pragma once

#include <chrono>
#include <cstdint>

namespace semblance::engine {

class Pace {
 public:
  using Clock = std::chrono::steady_clock;

  // No wait is longer, however many rows the commit had.
  static constexpr std::chrono::milliseconds kLongestWait{1000};
  // The same for the sake of memory.
  static constexpr std::chrono::milliseconds kLongestWaitForMemory{10000};
  // Bytes of rows that are in no segment, before a commit, from which on it is followed by a wait.
  static constexpr uint64_t kMostUnsealed = uint64_t{512} << 20;
  // Somebody searches: the last search was so long ago, or less.
  static constexpr std::chrono::milliseconds kLately{1000};

  void Searched(Clock::time_point now) { searched_ = now; }
  bool SearchedLately(Clock::time_point now) const { return now - searched_ <= kLately; }
  // So many rows got an index in that time.
  void Indexed(uint64_t rows, Clock::duration took);
  // A commit of `rows` rows was published, with which `backlog` rows have no index; before it, rows
  // of `unsealed` bytes were in no segment.
  void Wrote(uint64_t rows, uint64_t backlog, uint64_t unsealed, Clock::time_point now);
  // When the next transaction may begin to write: up to kLongestWait from now, or
  // kLongestWaitForMemory.
  Clock::time_point NextWrite(Clock::time_point now) const;

 private:
  std::chrono::milliseconds LongestWait() const {
    return for_memory_ ? kLongestWaitForMemory : kLongestWait;
  }

  Clock::time_point searched_{};
  Clock::time_point next_{};
  bool for_memory_ = false;                         // next_ is
  std::chrono::duration<double> of_a_row_{0.0003};  // of 384 numbers; until it is measured
};

}  // namespace semblance::engine
