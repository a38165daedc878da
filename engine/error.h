// The one error type of engine/. Errors of the rooms below (storage, index, encoder) pass through
// unchanged; sql_ext/guard.h has the one table that turns all of them into SQLite's result codes.
#pragma once

#include <stdexcept>
#include <string>

namespace semblance::engine {

enum class ErrorKind {
  kInvalid,   // a value or an option is wrong; the message says what was expected and what to type
  kNotFound,  // no model, run or collection of that name
  kBusy,      // somebody else is writing, or holds the store
  kSnapshotTooOld,  // the reader's transaction began before the history that is kept
  kCorruption,      // the two stores do not fit together, or one of them is damaged
  kNoSpace,
  kIo,
  kInterrupted,
  kReadOnly,
  kConstraint,
};

class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, const std::string& message) : std::runtime_error(message), kind_(kind) {}
  ErrorKind kind() const { return kind_; }

 private:
  ErrorKind kind_;
};

// kCorruption: the database file counts on a commit that the store does not have. Vectors that are
// made again from their texts cure it; the caller knows the table's name and says so.
class OutOfStep : public Error {
 public:
  explicit OutOfStep(const std::string& message) : Error(ErrorKind::kCorruption, message) {}
};

}  // namespace semblance::engine
