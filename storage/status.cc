#include <string_view>

#include "storage/status_internal.h"

namespace semblance::storage {
namespace {

std::string_view TextOf(const rocksdb::Status& status) {
  return status.getState() == nullptr ? std::string_view() : status.getState();
}

// RocksDB has no code for a lock that somebody else holds; these are the two sentences its POSIX
// environment writes (other process, this process).
bool IsLockHeld(const rocksdb::Status& status) {
  const std::string_view text = TextOf(status);
  return text.find("While lock file") != std::string_view::npos ||
         text.find("lock hold by current process") != std::string_view::npos;
}

// RocksDB gives ENOSPC a code, but not EDQUOT, which is the same to whoever writes.
bool IsNoSpace(const rocksdb::Status& status) {
  if (status.subcode() == rocksdb::Status::SubCode::kNoSpace ||
      status.subcode() == rocksdb::Status::SubCode::kSpaceLimit) {
    return true;
  }
  return status.IsIOError() && TextOf(status).find("quota exceeded") != std::string_view::npos;
}

const char* AdviceFor(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kLockHeld:
      return "the store is open elsewhere: ";
    case ErrorKind::kNoSpace:
      return "the disk is full: ";
    case ErrorKind::kCorruption:
      return "the store is damaged: ";
    default:
      return "";
  }
}

}  // namespace

ErrorKind KindOf(const rocksdb::Status& status) {
  using Code = rocksdb::Status::Code;
  using SubCode = rocksdb::Status::SubCode;
  if (IsNoSpace(status)) return ErrorKind::kNoSpace;
  if (status.subcode() == SubCode::kMemoryLimit) return ErrorKind::kInvalid;  // batch too large
  switch (status.code()) {
    case Code::kCorruption:
      return ErrorKind::kCorruption;
    case Code::kNotSupported:  // a file uses what this RocksDB does not know
      return ErrorKind::kWrongVersion;
    case Code::kInvalidArgument:
    case Code::kNotFound:
    case Code::kExpired:
      return ErrorKind::kInvalid;
    default:
      return IsLockHeld(status) ? ErrorKind::kLockHeld : ErrorKind::kIo;
  }
}

void Throw(const rocksdb::Status& status, const std::string& where, const char* what) {
  const ErrorKind kind = KindOf(status);
  throw Error(kind, where + ": " + what + ": " + AdviceFor(kind) + status.ToString());
}

}  // namespace semblance::storage
