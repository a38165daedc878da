// The machine's files as SQLite uses them, with one operation that fails: a VFS named "failing", to
// be asked for by a URI, file:points.db?vfs=failing.
//
// Only the database, its journals and its WAL fail. Threads: one at a time.
#pragma once

#include <string>

namespace semblance::test {

enum class FileFault {
  kWrite,       // the system refuses
  kShortWrite,  // half of it is written, and the disk is full
  kFull,        // nothing is written, and the disk is full
  kSync,
  kOpen,
  kDelete,
  kTruncate,
};

// "file:PATH?vfs=failing"; the VFS is there from the first call on.
std::string FailingUri(const std::string& path);
// From now on, operation number `n` (from 0) of those that the fault can meet fails; when it lasts,
// all that follow until LiftFault too.
void FailAt(FileFault fault, int n, bool lasts);
void LiftFault();
// Whether that operation was reached since FailAt.
bool FaultWasMet();

}  // namespace semblance::test
