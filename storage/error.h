// The one error type of storage/. Expected outcomes (a key that is not there) are values; the rest
// throws this.
#pragma once

#include <stdexcept>
#include <string>

namespace semblance::storage {

enum class ErrorKind {
  kCorruption,  // a checksum, a record or a file does not hold what it should; the message names it
  kLockHeld,    // another process has the folder open
  kNoSpace,     // the disk is full; the store stays readable, and writable once there is space
  kWrongVersion,  // the folder was written by a newer format, or is no store at all
  kMissing,       // the folder does not exist and create_if_missing is false
  kIo,            // the operating system refused a read or a write
  kReadOnly,      // a write to a store that was opened to be read only
  kForked,        // this process was made by fork() after its parent had opened a store
  kInvalid,       // the call itself is wrong: unknown family, a transaction used after its end
};

class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, const std::string& message) : std::runtime_error(message), kind_(kind) {}
  ErrorKind kind() const { return kind_; }

 private:
  ErrorKind kind_;
};

}  // namespace semblance::storage
