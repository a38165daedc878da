// Bytes that are written once, one after another, and read at any place: in memory while there are
// few, in a temporary file past that.
//
// The file has no name: it is gone when the object is, or the process. It lies where SQLite puts
// its own: in SQLITE_TMPDIR or TMPDIR of the environment, or in /var/tmp, /usr/tmp or /tmp, the
// first that can be written to.
//
// Threads: written by one; read by any number once that is over. Errors: encoder::Error kFull where
// the disk, a quota or the process's own limit has no room, saying where; kInvalid for others.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace semblance::training {

class Spill {
 public:
  // `what` is in it, for messages: "the training rows".
  explicit Spill(std::string what) : what_(std::move(what)) {}
  ~Spill();
  Spill(Spill&& other) noexcept;
  Spill& operator=(Spill&&) = delete;

  uint64_t size() const { return written_ + tail_.size(); }
  void Append(std::string_view bytes);
  // `size` bytes from `place` on, which must be there.
  void Read(uint64_t place, void* out, size_t size) const;

 private:
  void Flush();
  [[noreturn]] void Fail(const char* doing, int error) const;

  std::string what_;
  std::string folder_;
  int file_ = -1;
  uint64_t written_ = 0;  // bytes of the file
  std::string tail_;      // those after them
};

}  // namespace semblance::training
