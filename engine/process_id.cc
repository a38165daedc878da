#include "engine/process_id.h"

#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <new>

namespace semblance::engine {
namespace {

// On a page of its own that the system clears in every child, however it was made.
using Known = std::atomic<pid_t>;
std::atomic<Known*> page{nullptr};

Known* MakePage() {
  const auto bytes = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  void* const memory =
      mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return nullptr;
  Known* expected = nullptr;
  if (madvise(memory, bytes, MADV_WIPEONFORK) == 0) {
    Known* const made = new (memory) Known(0);
    if (page.compare_exchange_strong(expected, made)) return made;
  }
  munmap(memory, bytes);
  return expected;  // somebody else's, or none
}

}  // namespace

pid_t ProcessId() {
  Known* known = page.load(std::memory_order_acquire);
  if (known == nullptr) known = MakePage();
  if (known == nullptr) return getpid();
  pid_t process = known->load(std::memory_order_relaxed);
  if (process == 0) {
    process = getpid();
    known->store(process, std::memory_order_relaxed);
  }
  return process;
}

}  // namespace semblance::engine
