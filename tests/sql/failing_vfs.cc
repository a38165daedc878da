#include "tests/sql/failing_vfs.h"

#include <sqlite3.h>

#include <cstring>

namespace semblance::test {
namespace {

constexpr int kWatched =
    SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_SUPER_JOURNAL | SQLITE_OPEN_WAL;

struct State {
  bool armed = false;
  bool met = false;
  FileFault fault = FileFault::kWrite;
  int left = 0;
  bool lasts = true;
} state;

bool Fails(FileFault fault) {
  if (!state.armed || state.fault != fault) return false;
  if (state.left > 0) {
    --state.left;
    return false;
  }
  if (state.met && !state.lasts) return false;
  state.met = true;
  return true;
}

// SQLite allocates szOsFile bytes: this, and behind it the file of the VFS beneath.
struct File {
  sqlite3_file base;
  bool watched;
  sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};
File* Of(sqlite3_file* file) { return reinterpret_cast<File*>(file); }
sqlite3_file* Real(sqlite3_file* file) { return Of(file)->real(); }
sqlite3_vfs* Beneath(sqlite3_vfs* vfs) { return static_cast<sqlite3_vfs*>(vfs->pAppData); }

int Close(sqlite3_file* file) { return Real(file)->pMethods->xClose(Real(file)); }
int Read(sqlite3_file* file, void* out, int bytes, sqlite3_int64 at) {
  return Real(file)->pMethods->xRead(Real(file), out, bytes, at);
}
int Write(sqlite3_file* file, const void* data, int bytes, sqlite3_int64 at) {
  const auto write = [&](int count) {
    return Real(file)->pMethods->xWrite(Real(file), data, count, at);
  };
  if (!Of(file)->watched) return write(bytes);
  if (Fails(FileFault::kWrite)) return SQLITE_IOERR_WRITE;
  if (Fails(FileFault::kFull)) return SQLITE_FULL;
  if (!Fails(FileFault::kShortWrite)) return write(bytes);
  write(bytes / 2);
  return SQLITE_FULL;
}
int Truncate(sqlite3_file* file, sqlite3_int64 bytes) {
  if (Of(file)->watched && Fails(FileFault::kTruncate)) return SQLITE_IOERR_TRUNCATE;
  return Real(file)->pMethods->xTruncate(Real(file), bytes);
}
int Sync(sqlite3_file* file, int flags) {
  if (Of(file)->watched && Fails(FileFault::kSync)) return SQLITE_IOERR_FSYNC;
  return Real(file)->pMethods->xSync(Real(file), flags);
}
int FileSize(sqlite3_file* file, sqlite3_int64* bytes) {
  return Real(file)->pMethods->xFileSize(Real(file), bytes);
}
int Lock(sqlite3_file* file, int level) { return Real(file)->pMethods->xLock(Real(file), level); }
int Unlock(sqlite3_file* file, int level) {
  return Real(file)->pMethods->xUnlock(Real(file), level);
}
int CheckReservedLock(sqlite3_file* file, int* result) {
  return Real(file)->pMethods->xCheckReservedLock(Real(file), result);
}
int FileControl(sqlite3_file* file, int operation, void* argument) {
  return Real(file)->pMethods->xFileControl(Real(file), operation, argument);
}
int SectorSize(sqlite3_file* file) { return Real(file)->pMethods->xSectorSize(Real(file)); }
int DeviceCharacteristics(sqlite3_file* file) {
  return Real(file)->pMethods->xDeviceCharacteristics(Real(file));
}
int ShmMap(sqlite3_file* file, int page, int bytes, int extend, void volatile** memory) {
  return Real(file)->pMethods->xShmMap(Real(file), page, bytes, extend, memory);
}
int ShmLock(sqlite3_file* file, int offset, int count, int flags) {
  return Real(file)->pMethods->xShmLock(Real(file), offset, count, flags);
}
void ShmBarrier(sqlite3_file* file) { Real(file)->pMethods->xShmBarrier(Real(file)); }
int ShmUnmap(sqlite3_file* file, int remove) {
  return Real(file)->pMethods->xShmUnmap(Real(file), remove);
}

constexpr sqlite3_io_methods kMethods = {2,
                                         Close,
                                         Read,
                                         Write,
                                         Truncate,
                                         Sync,
                                         FileSize,
                                         Lock,
                                         Unlock,
                                         CheckReservedLock,
                                         FileControl,
                                         SectorSize,
                                         DeviceCharacteristics,
                                         ShmMap,
                                         ShmLock,
                                         ShmBarrier,
                                         ShmUnmap,
                                         nullptr,
                                         nullptr};

int Open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* given) {
  file->pMethods = nullptr;
  Of(file)->watched = (flags & kWatched) != 0;
  if (Of(file)->watched && Fails(FileFault::kOpen)) return SQLITE_CANTOPEN;
  const int code = Beneath(vfs)->xOpen(Beneath(vfs), name, Real(file), flags, given);
  if (code == SQLITE_OK) file->pMethods = &kMethods;
  return code;
}

int Delete(sqlite3_vfs* vfs, const char* name, int sync) {
  if (Fails(FileFault::kDelete)) return SQLITE_IOERR_DELETE;
  return Beneath(vfs)->xDelete(Beneath(vfs), name, sync);
}

void Register() {
  static sqlite3_vfs vfs;
  if (vfs.zName != nullptr) return;
  sqlite3_vfs* const beneath = sqlite3_vfs_find(nullptr);
  vfs = *beneath;
  vfs.zName = "failing";
  vfs.pAppData = beneath;
  vfs.szOsFile = static_cast<int>(sizeof(File)) + beneath->szOsFile;
  vfs.xOpen = Open;
  vfs.xDelete = Delete;
  // The others use no pAppData in SQLite's own VFS.
  sqlite3_vfs_register(&vfs, 0);
}

}  // namespace

std::string FailingUri(const std::string& path) {
  Register();
  return "file:" + path + "?vfs=failing";
}

void FailAt(FileFault fault, int n, bool lasts) { state = {true, false, fault, n, lasts}; }
void LiftFault() { state.armed = false; }
bool FaultWasMet() { return state.met; }

}  // namespace semblance::test
