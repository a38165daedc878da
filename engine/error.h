// The one error type of engine/. Errors of the rooms below (storage, index, encoder) pass through
// unchanged; sql_ext/guard.h has the one table that turns all of them into SQLite's result codes.
#pragma once

#include <stdexcept>
#include <string>

namespace semblance::engine {

enum class ErrorKind {
  // What was typed; the message says what was expected and what to type instead.
  kInvalid,    // an argument or a value
  kDimension,  // a vector has another number of dimensions than what it is for
  kVector,     // not a vector: not numbers, not finite, or without a direction where it needs one
  kSchema,     // the columns or the content of a table that is made
  kOption,     // an option of a table or of a training: its name or its value
  kQuery,      // MATCH, k, ef and what belongs to a search, used as they cannot be
  kCommand,    // INSERT INTO t(t): unknown, or not of this table
  kNotFound,   // no model, run, table, row or collection of that name
  // What happened.
  kBusy,            // somebody else is writing, or holds the store
  kSnapshotTooOld,  // the reader's transaction began before the history that is kept
  kCorruption,      // a store is damaged
  kOutOfStep,       // the two stores do not fit together, or one is missing
  kNoSpace,
  kIo,
  kInterrupted,
  kReadOnly,
  kForked,  // what the parent of a fork() opened is used in the child
  kConstraint,
  kTooBig,  // more rows than a collection can have
};

class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, const std::string& message) : std::runtime_error(message), kind_(kind) {}
  ErrorKind kind() const { return kind_; }

 private:
  ErrorKind kind_;
};

// kOutOfStep: the database file counts on a commit that the store does not have. Vectors that are
// made again from their texts cure it; the caller knows the table's name and says so.
class OutOfStep : public Error {
 public:
  explicit OutOfStep(const std::string& message) : Error(ErrorKind::kOutOfStep, message) {}
};

}  // namespace semblance::engine
