#include "engine/indexer.h"

#include "engine/collection.h"

namespace semblance::engine {

void Indexer::Schedule(std::weak_ptr<Collection> collection) {
  std::lock_guard lock(mu_);
  if (stop_) return;
  for (const auto& waiting : queue_) {
    if (!waiting.owner_before(collection) && !collection.owner_before(waiting)) return;
  }
  queue_.push_back(std::move(collection));
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
  while (true) {
    std::weak_ptr<Collection> next;
    {
      std::unique_lock lock(mu_);
      working_ = false;
      wake_.wait(lock, [&] { return stop_ || !queue_.empty(); });
      if (stop_) return;
      next = std::move(queue_.front());
      queue_.pop_front();
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
