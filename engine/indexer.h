// The background thread of a Database: seals and merges segments of collections that asked for it.
//
// The thread starts with the first request and ends in Stop, which lets it seal what a bulk load
// left and gives up the graph at hand. What fails there is kept for the next
// integrity check; the rows are safe and searched exactly meanwhile.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

namespace semblance::engine {

class Collection;

class Indexer {
 public:
  ~Indexer() { Stop(); }
  void Schedule(std::weak_ptr<Collection> collection, std::chrono::milliseconds delay);
  void Stop();                    // joins the thread
  bool busy() const;              // something is being done, or waits
  std::string LastError() const;  // empty: none

 private:
  struct Request {
    std::weak_ptr<Collection> collection;
    std::chrono::steady_clock::time_point not_before;
  };

  void Run();

  mutable std::mutex mu_;
  std::condition_variable wake_;
  std::deque<Request> queue_;  // guarded by mu_
  bool working_ = false;       // guarded by mu_
  std::string last_error_;     // guarded by mu_
  std::thread thread_;         // guarded by mu_
  std::atomic<bool> stop_{false};
};

}  // namespace semblance::engine
