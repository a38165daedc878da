#include "engine/process_id.h"

#include <pthread.h>
#include <unistd.h>

#include <atomic>

namespace semblance::engine {
namespace {

std::atomic<pid_t> known{0};

void AskAnew() { known.store(getpid()); }

}  // namespace

pid_t ProcessId() {
  static const bool told_of_forks = pthread_atfork(nullptr, nullptr, &AskAnew) == 0;
  if (!told_of_forks) return getpid();
  pid_t process = known.load(std::memory_order_relaxed);
  if (process == 0) {
    AskAnew();
    process = known.load(std::memory_order_relaxed);
  }
  return process;
}

}  // namespace semblance::engine
