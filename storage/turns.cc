#include "storage/turns.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>

#include "storage/error.h"

namespace semblance::storage {
namespace {

std::string FileOf(const std::string& folder) { return folder + "/TURNS"; }

int OpenFile(const std::string& folder) {
  const int file = open(FileOf(folder).c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (file >= 0) return file;
  const ErrorKind kind = errno == ENOENT ? ErrorKind::kMissing : ErrorKind::kIo;
  throw Error(kind, FileOf(folder) + ": cannot open: " + std::strerror(errno));
}

int Lock(int file, int how) {
  int result;
  do {
    result = flock(file, how);
  } while (result != 0 && errno == EINTR);
  return result;
}

}  // namespace

Turns::Turns(const std::string& folder)
    : file_(OpenFile(folder)),
      notify_(inotify_init1(IN_CLOEXEC | IN_NONBLOCK)),
      wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (notify_ >= 0 && inotify_add_watch(notify_, FileOf(folder).c_str(), IN_OPEN) < 0) {
    close(notify_);
    notify_ = -1;
  }
}

Turns::~Turns() {
  for (int file : {file_, notify_, wake_}) {
    if (file >= 0) close(file);
  }
}

bool Turns::Asked() const {
  if (Lock(file_, LOCK_EX | LOCK_NB) != 0) return errno == EWOULDBLOCK;
  Lock(file_, LOCK_UN);
  return false;
}

void Turns::WaitUntilAsked() {
  // Without a notification, looking now and then has to do.
  constexpr int kSeldom = 10000, kOften = 50;  // ms
  pollfd events[] = {{wake_, POLLIN, 0}, {notify_, POLLIN, 0}};
  poll(events, 2, notify_ >= 0 && wake_ >= 0 ? kSeldom : kOften);
  char drained[4096];
  for (int file : {wake_, notify_}) {
    if (file < 0) continue;
    while (read(file, drained, sizeof drained) > 0) {
    }
  }
}

void Turns::Wake() {
  const uint64_t one = 1;
  if (wake_ >= 0) [[maybe_unused]]
    const auto written = write(wake_, &one, sizeof one);
}

TurnRequest::TurnRequest(const std::string& folder) : file_(OpenFile(folder)) {
  Lock(file_, LOCK_SH);
  // Opening it once more wakes who has the store, now that the lock can be seen.
  const int bell = open(FileOf(folder).c_str(), O_RDONLY | O_CLOEXEC);
  if (bell >= 0) close(bell);
}

TurnRequest::~TurnRequest() { close(file_); }

}  // namespace semblance::storage
