#include "engine/indexer.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>

#include "engine/collection.h"

namespace semblance::engine {

namespace {

// Who searches or writes shall not wait for a processor that a construction has. Threads that this
// one starts are like it.
void GiveWay() {
  constexpr int kNicer = 19;
  setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), kNicer);  // of this thread, on Linux
}

}  // namespace

void Indexer::Schedule(std::weak_ptr<Collection> collection, std::chrono::milliseconds delay) {
  std::lock_guard lock(mu_);
  if (stop_) return;
  const auto not_before = std::chrono::steady_clock::now() + delay;
  for (Request& waiting : queue_) {
    if (waiting.collection.owner_before(collection) || collection.owner_before(waiting.collection))
      continue;
    waiting.not_before = std::min(waiting.not_before, not_before);
    wake_.notify_one();
    return;
  }
  queue_.push_back({std::move(collection), not_before});
  if (!thread_.joinable()) thread_ = std::thread([this] { Run(); });
  wake_.notify_one();
}

void Indexer::Stop() {
  std::thread thread;
  {
    std::lock_guard lock(mu_);
    stop_ = true;
    thread = std::move(thread_);
  }
  wake_.notify_all();
  if (thread.joinable()) thread.join();
}

bool Indexer::busy() const {
  std::lock_guard lock(mu_);
  return working_ || !queue_.empty();
}

std::string Indexer::LastError() const {
  std::lock_guard lock(mu_);
  return last_error_;
}

void Indexer::Run() {
  GiveWay();
  while (true) {
    std::weak_ptr<Collection> next;
    const auto earliest = [this] {
      return std::min_element(queue_.begin(), queue_.end(), [](const auto& a, const auto& b) {
        return a.not_before < b.not_before;
      });
    };
    {
      std::unique_lock lock(mu_);
      working_ = false;
      while (!stop_) {
        if (queue_.empty()) {
          wake_.wait(lock);
        } else if (earliest()->not_before > std::chrono::steady_clock::now()) {
          wake_.wait_until(lock, earliest()->not_before);
        } else {
          break;
        }
      }
      if (queue_.empty()) return;
      const auto request = earliest();
      next = std::move(request->collection);
      queue_.erase(request);
      working_ = true;
    }
    const auto collection = next.lock();
    if (!collection) continue;
    try {
      collection->Maintain([this] { return stop_.load(); });
    } catch (const std::exception& error) {
      std::lock_guard lock(mu_);
      last_error_ = error.what();
    }
  }
}

}  // namespace semblance::engine
