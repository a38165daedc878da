// The one error type of engine/encoder/ (and of engine/training/).
#pragma once

#include <stdexcept>
#include <string>

namespace semblance::encoder {

enum class ErrorKind {
  kInvalid,      // an option or a value out of range; the message names it and what was expected
  kOption,       // an option of a training: its name or its value
  kMissing,      // a file of a model package, or a tensor in it, is not there
  kCorruption,   // sizes that lie, a truncated file, a tokenizer that is none
  kUnsupported,  // an architecture or tokenizer this build does not run
  kInterrupted,  // the caller asked to stop
  kFull,         // no space left for a temporary file
};

class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, const std::string& message) : std::runtime_error(message), kind_(kind) {}
  ErrorKind kind() const { return kind_; }

 private:
  ErrorKind kind_;
};

}  // namespace semblance::encoder
