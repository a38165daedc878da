// A child process that plays a role, and what it reports.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace semblance::stress {

class Process {
 public:
  // As StartSelf has it, without the program's name.
  Process(std::vector<std::string> arguments, const std::string& crash_at);
  ~Process();  // kills it
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  void ReadReports();  // those there are
  // Whether it has ended; then killed() and status() say how.
  bool Ended();
  void Kill();
  void Await();

  uint64_t last_report() const { return last_report_; }
  uint64_t reports() const { return reports_; }
  bool killed() const { return killed_; }  // by SIGKILL
  int status() const { return status_; }   // its exit status otherwise

 private:
  void Reap(bool wait);

  pid_t process_ = -1;
  int pipe_ = -1;
  std::string bytes_;  // of a report that is not whole yet
  uint64_t last_report_ = 0;
  uint64_t reports_ = 0;
  bool killed_ = false;
  int status_ = 0;
};

}  // namespace semblance::stress
