#include "sql_ext/guard.h"

#include <cstring>
#include <new>

#include "engine/encoder/error.h"
#include "engine/error.h"
#include "index/error.h"
#include "storage/error.h"

namespace semblance::sql {
namespace {

// The table. No default label: a kind that is added and forgotten here is a warning of the
// compiler.
int CodeOf(engine::ErrorKind kind) {
  switch (kind) {
    case engine::ErrorKind::kInvalid:
      return SQLITE_ERROR;
    case engine::ErrorKind::kNotFound:
      return SQLITE_ERROR;
    case engine::ErrorKind::kBusy:
      return SQLITE_BUSY;
    case engine::ErrorKind::kSnapshotTooOld:
      return SQLITE_BUSY_SNAPSHOT;
    case engine::ErrorKind::kCorruption:
      return SQLITE_CORRUPT_VTAB;
    case engine::ErrorKind::kNoSpace:
      return SQLITE_FULL;
    case engine::ErrorKind::kIo:
      return SQLITE_IOERR;
    case engine::ErrorKind::kInterrupted:
      return SQLITE_INTERRUPT;
    case engine::ErrorKind::kReadOnly:
      return SQLITE_READONLY;
    case engine::ErrorKind::kConstraint:
      return SQLITE_CONSTRAINT;
  }
  return SQLITE_ERROR;
}

int CodeOf(storage::ErrorKind kind) {
  switch (kind) {
    case storage::ErrorKind::kCorruption:
      return SQLITE_CORRUPT_VTAB;
    case storage::ErrorKind::kLockHeld:
      return SQLITE_BUSY;
    case storage::ErrorKind::kNoSpace:
      return SQLITE_FULL;
    case storage::ErrorKind::kWrongVersion:
      return SQLITE_CANTOPEN;
    case storage::ErrorKind::kMissing:
      return SQLITE_CANTOPEN;
    case storage::ErrorKind::kIo:
      return SQLITE_IOERR;
    case storage::ErrorKind::kInvalid:
      return SQLITE_ERROR;
  }
  return SQLITE_ERROR;
}

int CodeOf(index::ErrorKind kind) {
  switch (kind) {
    case index::ErrorKind::kInvalid:
      return SQLITE_ERROR;
    case index::ErrorKind::kCorruption:
      return SQLITE_CORRUPT_VTAB;
    case index::ErrorKind::kLibrary:
      return SQLITE_ERROR;
    case index::ErrorKind::kInterrupted:
      return SQLITE_INTERRUPT;
  }
  return SQLITE_ERROR;
}

int CodeOf(encoder::ErrorKind kind) {
  switch (kind) {
    case encoder::ErrorKind::kInvalid:
      return SQLITE_ERROR;
    case encoder::ErrorKind::kMissing:
      return SQLITE_ERROR;
    case encoder::ErrorKind::kCorruption:
      return SQLITE_CORRUPT_VTAB;
    case encoder::ErrorKind::kUnsupported:
      return SQLITE_ERROR;
    case encoder::ErrorKind::kInterrupted:
      return SQLITE_INTERRUPT;
  }
  return SQLITE_ERROR;
}

Failure Fail(int code, const char* message) noexcept {
  constexpr char kPrefix[] = "semblance: ";
  const bool prefixed = std::strncmp(message, kPrefix, sizeof(kPrefix) - 1) == 0;
  return {code, SqliteString(sqlite3_mprintf("%s%s", prefixed ? "" : kPrefix, message))};
}

}  // namespace

void ThrowInvalid(const std::string& message) {
  throw engine::Error(engine::ErrorKind::kInvalid, message);
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
    return Fail(error.code(), error.what());
  } catch (const std::bad_alloc&) {
    return Fail(SQLITE_NOMEM, "out of memory");
  } catch (const std::length_error& error) {
    return Fail(SQLITE_TOOBIG, error.what());
  } catch (const std::exception& error) {
    return Fail(SQLITE_ERROR, error.what());
  } catch (...) {
    return Fail(SQLITE_ERROR, "an error that says nothing of itself");
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
