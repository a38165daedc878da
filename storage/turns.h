// How processes that want one store take turns: whoever has it open sees that another one waits.
//
// A file TURNS in the store's folder. Who waits holds it locked for reading (flock), and who has
// the store tries to lock it for writing: when that fails, somebody waits. The system lets go of
// the lock of a process that dies.
//
// Threads: every method may be called from any thread; WaitUntilAsked by one at a time.
// Errors: storage::Error kIo, kMissing when the folder is not there.
#pragma once

#include <string>

namespace semblance::storage {

// For who has the store open.
class Turns {
 public:
  explicit Turns(const std::string& folder);  // makes the file when it is not there
  ~Turns();
  Turns(const Turns&) = delete;
  Turns& operator=(const Turns&) = delete;

  // Whether a TurnRequest is alive, in this process or another.
  bool Asked() const;
  // Returns when somebody may have made a request, after Wake, and now and then for no reason.
  void WaitUntilAsked();
  void Wake();

 private:
  int file_ = -1;    // only ever locked
  int notify_ = -1;  // inotify: the file was opened; -1: the system has none left
  int wake_ = -1;    // eventfd
};

// While it lives, who has the store open sees that another one waits for it.
class TurnRequest {
 public:
  explicit TurnRequest(const std::string& folder);
  ~TurnRequest();
  TurnRequest(const TurnRequest&) = delete;
  TurnRequest& operator=(const TurnRequest&) = delete;

 private:
  int file_ = -1;
};

}  // namespace semblance::storage
