#include "engine/training/spill.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <initializer_list>
#include <utility>

#include "engine/encoder/error.h"

namespace semblance::training {
namespace {

constexpr size_t kInMemory = size_t{1} << 20;

std::string TemporaryFolder() {
  for (const char* folder :
       {static_cast<const char*>(std::getenv("SQLITE_TMPDIR")),
        static_cast<const char*>(std::getenv("TMPDIR")), "/var/tmp", "/usr/tmp", "/tmp"}) {
    if (folder != nullptr && access(folder, W_OK | X_OK) == 0) return folder;
  }
  return ".";
}

// A file without a name; -1 and errno where there cannot be one.
int OpenNameless(const std::string& folder) {
  const int file = open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (file >= 0) return file;
  // Not every file system has such files.
  std::string name = folder + "/semblance-XXXXXX";
  const int named = mkostemp(name.data(), O_CLOEXEC);
  if (named >= 0) unlink(name.c_str());
  return named;
}

std::string Gigabytes(uint64_t bytes) {
  const std::string tenths = std::to_string(bytes / 107374183);
  return tenths.size() < 2 ? "0." + tenths
                           : tenths.substr(0, tenths.size() - 1) + "." + tenths.back();
}

}  // namespace

Spill::~Spill() {
  if (file_ >= 0) close(file_);
}

Spill::Spill(Spill&& other) noexcept
    : what_(std::move(other.what_)),
      folder_(std::move(other.folder_)),
      file_(std::exchange(other.file_, -1)),
      written_(std::exchange(other.written_, 0)),
      tail_(std::move(other.tail_)) {}

void Spill::Fail(const char* doing, int error) const {
  if (error == ENOSPC || error == EDQUOT || error == EFBIG) {
    throw encoder::Error(encoder::ErrorKind::kFull,
                         "no space left in " + folder_ + " for " + what_ + " (" +
                             Gigabytes(size()) +
                             " GiB so far); make some, or name another folder in the environment, "
                             "as SQLITE_TMPDIR");
  }
  throw encoder::Error(encoder::ErrorKind::kInvalid,
                       std::string("cannot ") + doing + " the temporary file in " + folder_ +
                           " for " + what_ + ": " + std::strerror(error));
}

void Spill::Append(std::string_view bytes) {
  while (!bytes.empty()) {
    if (tail_.size() >= kInMemory) Flush();
    const size_t part = std::min(bytes.size(), kInMemory - tail_.size());
    tail_.append(bytes.substr(0, part));
    bytes.remove_prefix(part);
  }
}

void Spill::Flush() {
  if (file_ < 0) {
    folder_ = TemporaryFolder();
    file_ = OpenNameless(folder_);
    if (file_ < 0) Fail("make", errno);
  }
  for (size_t done = 0; done < tail_.size();) {
    const ssize_t wrote = pwrite(file_, tail_.data() + done, tail_.size() - done,
                                 static_cast<off_t>(written_ + done));
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) Fail("write", wrote == 0 ? ENOSPC : errno);
    done += static_cast<size_t>(wrote);
  }
  written_ += tail_.size();
  tail_.clear();
}

void Spill::Read(uint64_t place, void* out, size_t size) const {
  char* to = static_cast<char*>(out);
  while (size > 0 && place < written_) {
    const size_t part = static_cast<size_t>(std::min<uint64_t>(size, written_ - place));
    const ssize_t got = pread(file_, to, part, static_cast<off_t>(place));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) Fail("read", got == 0 ? EIO : errno);
    to += got;
    place += static_cast<uint64_t>(got);
    size -= static_cast<size_t>(got);
  }
  if (size > 0) std::memcpy(to, tail_.data() + (place - written_), size);
}

}  // namespace semblance::training
