#include "sql_ext/guard.h"

#include <cstring>
#include <new>

#include "engine/encoder/error.h"
#include "engine/error.h"
#include "index/error.h"
#include "storage/error.h"

namespace semblance::sql {
namespace {

// What SQLite is told, and the name that begins the text, which stays the same in every version.
struct Code {
  int sqlite;
  const char* name;
};

// The table. No default label: a kind that is added and forgotten here is a warning of the
// compiler. docs/reference/errors.md explains every name; a test holds the two together.
Code CodeOf(engine::ErrorKind kind) {
  switch (kind) {
    case engine::ErrorKind::kInvalid:
      return {SQLITE_ERROR, "E_ARGUMENT"};
    case engine::ErrorKind::kDimension:
      return {SQLITE_ERROR, "E_DIM"};
    case engine::ErrorKind::kVector:
      return {SQLITE_ERROR, "E_VECTOR"};
    case engine::ErrorKind::kSchema:
      return {SQLITE_ERROR, "E_SCHEMA"};
    case engine::ErrorKind::kOption:
      return {SQLITE_ERROR, "E_OPTION"};
    case engine::ErrorKind::kQuery:
      return {SQLITE_ERROR, "E_QUERY"};
    case engine::ErrorKind::kCommand:
      return {SQLITE_ERROR, "E_COMMAND"};
    case engine::ErrorKind::kNotFound:
      return {SQLITE_ERROR, "E_NOT_FOUND"};
    case engine::ErrorKind::kBusy:
      return {SQLITE_BUSY, "E_BUSY"};
    case engine::ErrorKind::kSnapshotTooOld:
      return {SQLITE_BUSY_SNAPSHOT, "E_SNAPSHOT"};
    case engine::ErrorKind::kCorruption:
      return {SQLITE_CORRUPT_VTAB, "E_CORRUPT"};
    case engine::ErrorKind::kOutOfStep:
      return {SQLITE_CORRUPT_VTAB, "E_OUT_OF_STEP"};
    case engine::ErrorKind::kNoSpace:
      return {SQLITE_FULL, "E_FULL"};
    case engine::ErrorKind::kIo:
      return {SQLITE_IOERR, "E_IO"};
    case engine::ErrorKind::kInterrupted:
      return {SQLITE_INTERRUPT, "E_INTERRUPT"};
    case engine::ErrorKind::kReadOnly:
      return {SQLITE_READONLY, "E_READONLY"};
    case engine::ErrorKind::kForked:
      return {SQLITE_MISUSE, "E_FORK"};
    case engine::ErrorKind::kConstraint:
      return {SQLITE_CONSTRAINT, "E_CONSTRAINT"};
    case engine::ErrorKind::kTooBig:
      return {SQLITE_TOOBIG, "E_TOOBIG"};
  }
  return {SQLITE_ERROR, "E_INTERNAL"};
}

Code CodeOf(storage::ErrorKind kind) {
  switch (kind) {
    case storage::ErrorKind::kCorruption:
      return {SQLITE_CORRUPT_VTAB, "E_CORRUPT"};
    case storage::ErrorKind::kLockHeld:
      return {SQLITE_BUSY, "E_BUSY"};
    case storage::ErrorKind::kNoSpace:
      return {SQLITE_FULL, "E_FULL"};
    case storage::ErrorKind::kWrongVersion:
      return {SQLITE_CANTOPEN, "E_FORMAT"};
    case storage::ErrorKind::kMissing:
      return {SQLITE_CANTOPEN, "E_OUT_OF_STEP"};
    case storage::ErrorKind::kIo:
      return {SQLITE_IOERR, "E_IO"};
    case storage::ErrorKind::kReadOnly:
      return {SQLITE_READONLY, "E_READONLY"};
    case storage::ErrorKind::kForked:
      return {SQLITE_MISUSE, "E_FORK"};
    case storage::ErrorKind::kInvalid:
      return {SQLITE_ERROR, "E_INTERNAL"};
  }
  return {SQLITE_ERROR, "E_INTERNAL"};
}

Code CodeOf(index::ErrorKind kind) {
  switch (kind) {
    case index::ErrorKind::kInvalid:
      return {SQLITE_ERROR, "E_ARGUMENT"};
    case index::ErrorKind::kCorruption:
      return {SQLITE_CORRUPT_VTAB, "E_CORRUPT"};
    case index::ErrorKind::kLibrary:
      return {SQLITE_ERROR, "E_INTERNAL"};
    case index::ErrorKind::kInterrupted:
      return {SQLITE_INTERRUPT, "E_INTERRUPT"};
  }
  return {SQLITE_ERROR, "E_INTERNAL"};
}

Code CodeOf(encoder::ErrorKind kind) {
  switch (kind) {
    case encoder::ErrorKind::kInvalid:
      return {SQLITE_ERROR, "E_ARGUMENT"};
    case encoder::ErrorKind::kOption:
      return {SQLITE_ERROR, "E_OPTION"};
    case encoder::ErrorKind::kMissing:
      return {SQLITE_ERROR, "E_MODEL"};
    case encoder::ErrorKind::kCorruption:
      return {SQLITE_CORRUPT_VTAB, "E_MODEL"};
    case encoder::ErrorKind::kUnsupported:
      return {SQLITE_ERROR, "E_UNSUPPORTED"};
    case encoder::ErrorKind::kInterrupted:
      return {SQLITE_INTERRUPT, "E_INTERRUPT"};
    case encoder::ErrorKind::kFull:
      return {SQLITE_FULL, "E_FULL"};
  }
  return {SQLITE_ERROR, "E_INTERNAL"};
}

// What a statement that runs inside of another answered.
Code CodeOf(const SqliteError& error) {
  if (error.name() != nullptr) return {error.code(), error.name()};
  switch (error.code() & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {error.code(), "E_BUSY"};
    case SQLITE_CONSTRAINT:
      return {error.code(), "E_CONSTRAINT"};
    case SQLITE_FULL:
      return {error.code(), "E_FULL"};
    case SQLITE_INTERRUPT:
      return {error.code(), "E_INTERRUPT"};
    case SQLITE_IOERR:
      return {error.code(), "E_IO"};
    case SQLITE_MISMATCH:
      return {error.code(), "E_TYPE"};
    case SQLITE_NOMEM:
      return {error.code(), "E_NOMEM"};
    case SQLITE_READONLY:
      return {error.code(), "E_READONLY"};
    case SQLITE_CORRUPT:
      return {error.code(), "E_CORRUPT"};
    case SQLITE_TOOBIG:
      return {error.code(), "E_TOOBIG"};
    default:
      return {error.code(), "E_SQL"};
  }
}

// A message that has been through here, of a statement inside of another, keeps the name it has.
Failure Fail(const Code& code, const char* message) noexcept {
  constexpr char kPrefix[] = "semblance: ";
  const bool named = std::strncmp(message, kPrefix, sizeof(kPrefix) - 1) == 0;
  if (named) return {code.sqlite, SqliteString(sqlite3_mprintf("%s", message))};
  return {code.sqlite, SqliteString(sqlite3_mprintf("%s%s: %s", kPrefix, code.name, message))};
}

}  // namespace

void ThrowInvalid(const std::string& message) { ThrowInvalid(ErrorKind::kInvalid, message); }

void ThrowInvalid(ErrorKind kind, const std::string& message) {
  throw engine::Error(kind, message);
}

void ThrowLastError(sqlite3* db, const std::string& what) {
  const int code = sqlite3_extended_errcode(db);
  throw SqliteError(code == SQLITE_OK ? SQLITE_ERROR : code, what + ": " + sqlite3_errmsg(db));
}

Failure CurrentFailure() noexcept {
  try {
    throw;
  } catch (const engine::Error& error) {
    return Fail(CodeOf(error.kind()), error.what());
  } catch (const storage::Error& error) {
    return Fail(CodeOf(error.kind()), error.what());
  } catch (const index::Error& error) {
    return Fail(CodeOf(error.kind()), error.what());
  } catch (const encoder::Error& error) {
    return Fail(CodeOf(error.kind()), error.what());
  } catch (const SqliteError& error) {
    return Fail(CodeOf(error), error.what());
  } catch (const std::bad_alloc&) {
    return Fail({SQLITE_NOMEM, "E_NOMEM"}, "out of memory");
  } catch (const std::length_error& error) {
    return Fail({SQLITE_TOOBIG, "E_TOOBIG"}, error.what());
  } catch (const std::exception& error) {
    return Fail({SQLITE_ERROR, "E_INTERNAL"}, error.what());
  } catch (...) {
    return Fail({SQLITE_ERROR, "E_INTERNAL"}, "an error that says nothing of itself");
  }
}

void ReportFailure(sqlite3_context* context) noexcept {
  const Failure failure = CurrentFailure();
  if (failure.code == SQLITE_NOMEM || failure.message == nullptr) {
    sqlite3_result_error_nomem(context);
    return;
  }
  // In this order: setting the message sets the code to SQLITE_ERROR.
  sqlite3_result_error(context, failure.message.get(), -1);
  sqlite3_result_error_code(context, failure.code);
}

int ReportFailure(char** message) noexcept {
  Failure failure = CurrentFailure();
  sqlite3_free(*message);
  *message = failure.message.release();
  return failure.code;
}

}  // namespace semblance::sql
