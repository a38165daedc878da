// A few threads that do the same work step by step, each its share of every step: for one sentence,
// where there are no other sentences for the other threads.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>

namespace semblance::encoder {

struct Range {
  size_t begin = 0, end = 0;
};

class Team {
 public:
  int size() const { return size_.load(std::memory_order_relaxed); }
  // Until every member has called it as often. Waits busily at first: steps are short. What was
  // written before is seen after it.
  void Wait();

 private:
  friend void RunTeam(int members, const std::function<void(int member, Team& team)>& work);
  struct Stopped {};  // thrown by Wait when another member failed

  void AwaitSize();
  void SetSize(int size);
  void Stop();
  void CheckStopped() const;

  std::atomic<int> size_{0};  // 0: not known yet
  std::atomic<int> arrived_{0};
  std::atomic<unsigned> round_{0};
  std::atomic<bool> stopped_{false};
};

// The part of 0 .. count that is a member's.
Range ShareOf(size_t count, int member, const Team& team);

// Calls work(member, team) at once on `members` threads, the calling one included and numbered 0;
// on fewer where the system gives no more: team.size(). What one throws ends the others at their
// next Wait and is thrown here.
void RunTeam(int members, const std::function<void(int member, Team& team)>& work);

}  // namespace semblance::encoder
