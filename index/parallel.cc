#include "index/parallel.h"

#include <atomic>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

namespace semblance::index {
namespace {

struct Blocks {
  const size_t count;
  const std::function<bool()>& cancel;
  const std::function<void(size_t)>& work;
  std::atomic<size_t> next{0};
  std::atomic<bool> stop{false};
  bool cancelled = false;  // written by the calling thread alone
  std::mutex failure_mu{};
  std::exception_ptr failure{};  // guarded by failure_mu while threads run

  void Run(bool polls) {
    try {
      while (!stop) {
        if (polls && cancel && cancel()) {
          cancelled = true;
          stop = true;
          return;
        }
        const size_t block = next.fetch_add(1);
        if (block >= count) return;
        work(block);
      }
    } catch (...) {
      const std::lock_guard<std::mutex> lock(failure_mu);
      if (!failure) failure = std::current_exception();
      stop = true;
    }
  }
};

}  // namespace

bool ParallelBlocks(uint32_t threads, size_t count, const std::function<bool()>& cancel,
                    const std::function<void(size_t)>& work) {
  Blocks blocks{count, cancel, work};
  {
    std::vector<std::jthread> helpers;
    for (size_t i = 1; i < threads && i < count; ++i) {
      try {
        helpers.emplace_back([&blocks] { blocks.Run(false); });
      } catch (const std::system_error&) {
        break;  // no more threads to be had: those that run do the work
      }
    }
    blocks.Run(true);
  }
  if (blocks.failure) std::rethrow_exception(blocks.failure);
  return !blocks.cancelled;
}

}  // namespace semblance::index
