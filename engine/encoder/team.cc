#include "engine/encoder/team.h"

#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace semblance::encoder {
namespace {

// Some ten microseconds; a member that the system has taken off its core is slept for.
constexpr int kSpins = 4000;

void Pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

// Until `value` is no longer `old`.
template <typename T>
void AwaitChange(const std::atomic<T>& value, T old) {
  for (int i = 0; i < kSpins; ++i) {
    if (value.load(std::memory_order_acquire) != old) return;
    Pause();
  }
  value.wait(old, std::memory_order_acquire);
}

}  // namespace

void Team::Wait() {
  const int size = size_.load(std::memory_order_relaxed);
  if (size == 1) return;
  const unsigned round = round_.load(std::memory_order_acquire);
  CheckStopped();
  if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 == size) {
    arrived_.store(0, std::memory_order_relaxed);
    round_.fetch_add(1, std::memory_order_release);
    round_.notify_all();
    return;
  }
  AwaitChange(round_, round);
  CheckStopped();
}

void Team::AwaitSize() { AwaitChange(size_, 0); }

void Team::SetSize(int size) {
  size_.store(size, std::memory_order_release);
  size_.notify_all();
}

// Rounds go on so that whoever waits wakes; the flag, set before, says why.
void Team::Stop() {
  stopped_.store(true, std::memory_order_release);
  round_.fetch_add(1, std::memory_order_release);
  round_.notify_all();
}

void Team::CheckStopped() const {
  if (stopped_.load(std::memory_order_acquire)) throw Stopped();
}

Range ShareOf(size_t count, int member, const Team& team) {
  const auto size = static_cast<size_t>(team.size()), at = static_cast<size_t>(member);
  return {count * at / size, count * (at + 1) / size};
}

void RunTeam(int members, const std::function<void(int member, Team& team)>& work) {
  Team team;
  std::mutex mutex;
  std::exception_ptr failure;  // guarded by mutex
  const auto run = [&](int member) {
    try {
      work(member, team);
    } catch (const Team::Stopped&) {
    } catch (...) {
      {
        const std::lock_guard lock(mutex);
        if (!failure) failure = std::current_exception();
      }
      team.Stop();
    }
  };
  {
    std::vector<std::jthread> others;
    int size = 1;
    try {
      others.reserve(static_cast<size_t>(members));
      for (; size < members; ++size) {
        others.emplace_back([&, size] {
          team.AwaitSize();
          run(size);
        });
      }
    } catch (const std::exception&) {
      // Without a thread more the ones there are do the work.
    }
    team.SetSize(size);
    run(0);
  }
  if (failure) std::rethrow_exception(failure);
}

}  // namespace semblance::encoder
