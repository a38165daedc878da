#include "tools/stress/process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <utility>

#include "tools/stress/self_process.h"

namespace semblance::stress {

Process::Process(std::vector<std::string> arguments, const std::string& crash_at) {
  arguments.insert(arguments.begin(), "semblance-stress");
  const SelfProcess started = StartSelf(std::move(arguments), crash_at);
  process_ = started.process;
  pipe_ = started.reports;
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
