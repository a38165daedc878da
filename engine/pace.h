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
// Threads: the owner's lock, except where it says otherwise.
#pragma once

#include <atomic>
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
  static constexpr uint64_t kMostUnsealed = uint64_t{256} << 20;
  // Somebody searches: the last search was so long ago, or less.
  static constexpr std::chrono::milliseconds kLately{1000};

  // Without the owner's lock, too.
  void Searched(Clock::time_point now) { searched_ = now.time_since_epoch().count(); }
  bool SearchedLately(Clock::time_point now) const {
    return now - Clock::time_point(Clock::duration(searched_)) <= kLately;
  }
  // So many rows got an index in that time.
  void Indexed(uint64_t rows, Clock::duration took);
  struct Commit {
    uint64_t rows;      // that it wrote
    uint64_t added;     // those of them that have a vector
    uint64_t backlog;   // with it, so many rows have no index
    uint64_t unsealed;  // before it, rows of so many bytes were in no segment
  };
  // One was published.
  void Wrote(const Commit& commit, Clock::time_point now);
  // When the next transaction may begin to write, when rows of so many bytes are in no segment now:
  // up to kLongestWait from now, or kLongestWaitForMemory.
  Clock::time_point NextWrite(uint64_t unsealed, Clock::time_point now) const;

 private:
  std::atomic<Clock::rep> searched_{0};
  Clock::time_point next_{};                        // for the sake of searches
  Clock::time_point memory_next_{};                 // of memory
  std::chrono::duration<double> of_a_row_{0.0003};  // of 384 numbers; until it is measured
};

}  // namespace semblance::engine
