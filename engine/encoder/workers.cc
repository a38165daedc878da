#include "engine/encoder/workers.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

#include "engine/encoder/error.h"

namespace semblance::encoder {
namespace {

class JobList {
 public:
  JobList(size_t jobs, const std::function<void(size_t, int)>& job) : jobs_(jobs), job_(job) {}

  // Never throws, but for what `cancel` does: what goes wrong is kept.
  void Work(int worker, const std::function<bool()>& cancel) {
    while (!stopped_) {
      if (cancel && cancel()) {
        Keep(std::make_exception_ptr(Error(ErrorKind::kInterrupted, "interrupted")));
        return;
      }
      const size_t number = next_++;
      if (number >= jobs_) return;
      try {
        job_(number, worker);
      } catch (...) {
        Keep(std::current_exception());
      }
    }
  }

  void Stop() { stopped_ = true; }

  // After all workers have returned.
  void Rethrow() {
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  void Keep(std::exception_ptr failure) {
    const std::lock_guard lock(mutex_);
    if (!failure_) failure_ = std::move(failure);
    stopped_ = true;
  }

  const size_t jobs_;
  const std::function<void(size_t, int)>& job_;
  std::atomic<size_t> next_{0};
  std::atomic<bool> stopped_{false};
  std::mutex mutex_;
  std::exception_ptr failure_;  // guarded by mutex_
};

}  // namespace

void RunJobs(size_t jobs, int threads, const std::function<void(size_t number, int worker)>& job,
             const std::function<bool()>& cancel) {
  JobList list(jobs, job);
  const size_t workers = std::min(jobs, static_cast<size_t>(std::max(threads, 1)));
  {
    std::vector<std::jthread> others;
    // Joined on every way out; told to stop first, so that a `cancel` that throws does not wait for
    // the rest.
    struct Stopper {
      JobList& list;
      bool done = false;
      ~Stopper() {
        if (!done) list.Stop();
      }
    } stopper{list};
    try {
      for (size_t i = 1; i < workers; ++i) {
        others.emplace_back([&list, i] { list.Work(static_cast<int>(i), {}); });
      }
    } catch (const std::system_error&) {
      // Without a thread more the ones there are do the work.
    }
    list.Work(0, cancel);
    stopper.done = true;
  }
  list.Rethrow();
}

}  // namespace semblance::encoder
