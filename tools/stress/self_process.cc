#include "tools/stress/self_process.h"

#include <fcntl.h>
#include <unistd.h>

#include <stdexcept>

namespace semblance::stress {
namespace {

std::vector<char*> Pointers(std::vector<std::string>* words) {
  std::vector<char*> pointers;
  for (std::string& word : *words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace

SelfProcess StartSelf(std::vector<std::string> arguments, const std::string& crash_at) {
  std::vector<std::string> environment = {"SEMBLANCE_CRASH_AT=" + crash_at};
  for (char** variable = environ; *variable != nullptr; ++variable)
    environment.emplace_back(*variable);
  const std::vector<char*> argv = Pointers(&arguments);
  const std::vector<char*> envp = Pointers(&environment);
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  const pid_t process = fork();
  if (process < 0) throw std::runtime_error("no process");
  if (process == 0) {
    // Between fork and exec only calls that are safe after a fork in a process with threads.
    if (ends[1] == kReports) {
      fcntl(kReports, F_SETFD, 0);
    } else {
      dup2(ends[1], kReports);
    }
    execve("/proc/self/exe", argv.data(), envp.data());
    _exit(127);
  }
  close(ends[1]);
  return {process, ends[0]};
}

}  // namespace semblance::stress
