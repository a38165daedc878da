// The one error type of index/.
#pragma once

#include <stdexcept>
#include <string>

namespace semblance::index {

enum class ErrorKind {
  kInvalid,     // dimension, count or option out of range
  kCorruption,  // a serialised segment whose checksum, magic or sizes are wrong
  kLibrary,     // FAISS refused
  kInterrupted,  // the caller's cancel said so
};

class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, const std::string& message) : std::runtime_error(message), kind_(kind) {}
  ErrorKind kind() const { return kind_; }

 private:
  ErrorKind kind_;
};

}  // namespace semblance::index
