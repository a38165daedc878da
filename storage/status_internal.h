// The wall between RocksDB's Status and storage::Error: translated here and nowhere else.
#pragma once

#include <rocksdb/status.h>

#include <string>

#include "storage/error.h"

namespace semblance::storage {

ErrorKind KindOf(const rocksdb::Status& status);

// `where` names the folder or the key, `what` the deed: "cannot commit".
[[noreturn]] void Throw(const rocksdb::Status& status, const std::string& where, const char* what);

inline void Check(const rocksdb::Status& status, const std::string& where, const char* what) {
  if (!status.ok()) Throw(status, where, what);
}

}  // namespace semblance::storage
