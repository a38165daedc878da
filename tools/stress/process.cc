#include "tools/stress/process.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <stdexcept>

#include "tools/stress/roles.h"

namespace semblance::stress {

Process::Process(const std::vector<std::string>& arguments, const std::string& crash_at) {
  std::vector<std::string> words = {"semblance-stress"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  std::vector<std::string> environment = {"SEMBLANCE_CRASH_AT=" + crash_at};
  for (char** variable = environ; *variable != nullptr; ++variable)
    environment.emplace_back(*variable);
  std::vector<char*> envp;
  for (std::string& variable : environment) envp.push_back(variable.data());
  envp.push_back(nullptr);
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  process_ = fork();
  if (process_ < 0) throw std::runtime_error("no process");
  if (process_ == 0) {
    if (ends[1] == kReports) {
      fcntl(kReports, F_SETFD, 0);
    } else {
      dup2(ends[1], kReports);
    }
    execve("/proc/self/exe", argv.data(), envp.data());
    _exit(127);
  }
  close(ends[1]);
  pipe_ = ends[0];
  fcntl(pipe_, F_SETFL, O_NONBLOCK);
}

Process::~Process() {
  Kill();
  Await();
  close(pipe_);
}

void Process::ReadReports() {
  char buffer[4096];
  ssize_t count = 0;
  while ((count = read(pipe_, buffer, sizeof(buffer))) > 0)
    bytes_.append(buffer, static_cast<size_t>(count));
  size_t at = 0;
  for (; at + sizeof(last_report_) <= bytes_.size(); at += sizeof(last_report_)) {
    std::memcpy(&last_report_, bytes_.data() + at, sizeof(last_report_));
    ++reports_;
  }
  bytes_.erase(0, at);
}

void Process::Reap(bool wait) {
  if (process_ < 0) return;
  int status = 0;
  if (waitpid(process_, &status, wait ? 0 : WNOHANG) != process_) return;
  process_ = -1;
  killed_ = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
  status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  ReadReports();
}

bool Process::Ended() {
  ReadReports();
  Reap(false);
  return process_ < 0;
}

void Process::Kill() {
  if (process_ > 0) kill(process_, SIGKILL);
}

void Process::Await() { Reap(true); }

}  // namespace semblance::stress
