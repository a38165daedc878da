#include "storage/own_folder_internal.h"

#include <sys/stat.h>

#include <mutex>
#include <set>

#include "storage/error.h"

namespace semblance::storage {
namespace {

std::pair<dev_t, ino_t> NumbersOf(const std::string& folder) {
  struct stat status;
  if (stat(folder.c_str(), &status) != 0) return {0, 0};
  return {status.st_dev, status.st_ino};
}

struct Claims {
  std::mutex mu;
  std::set<std::pair<dev_t, ino_t>> folders;
};
// Never destroyed: stores may be closed after main.
Claims& OfThisProcess() {
  static Claims* const claims = new Claims;
  return *claims;
}

}  // namespace

FolderClaim::FolderClaim(const std::string& folder) : folder_(NumbersOf(folder)) {
  Claims& claims = OfThisProcess();
  const std::lock_guard lock(claims.mu);
  if (claims.folders.insert(folder_).second) return;
  throw Error(ErrorKind::kLockHeld, folder + ": the store is open elsewhere: in this process");
}

FolderClaim::~FolderClaim() {
  Claims& claims = OfThisProcess();
  const std::lock_guard lock(claims.mu);
  claims.folders.erase(folder_);
}

void OwnFolderFileSystem::Own(const std::string& folder) {
  folder_ = folder;
  own_ = NumbersOf(folder);
}

bool OwnFolderFileSystem::Replaced() const {
  return !folder_.empty() && NumbersOf(folder_) != own_;
}

rocksdb::IOStatus OwnFolderFileSystem::Check() const {
  if (!Replaced()) return IOStatus::OK();
  return IOStatus::IOError(folder_ + " is no longer the folder that was opened");
}

rocksdb::IOStatus OwnFolderFileSystem::NewSequentialFile(
    const std::string& name, const FileOptions& options,
    std::unique_ptr<rocksdb::FSSequentialFile>* file, IODebugContext* context) {
  const IOStatus own = Check();
  return own.ok() ? FileSystemWrapper::NewSequentialFile(name, options, file, context) : own;
}

rocksdb::IOStatus OwnFolderFileSystem::NewRandomAccessFile(
    const std::string& name, const FileOptions& options,
    std::unique_ptr<rocksdb::FSRandomAccessFile>* file, IODebugContext* context) {
  const IOStatus own = Check();
  return own.ok() ? FileSystemWrapper::NewRandomAccessFile(name, options, file, context) : own;
}

rocksdb::IOStatus OwnFolderFileSystem::NewWritableFile(
    const std::string& name, const FileOptions& options,
    std::unique_ptr<rocksdb::FSWritableFile>* file, IODebugContext* context) {
  const IOStatus own = Check();
  return own.ok() ? FileSystemWrapper::NewWritableFile(name, options, file, context) : own;
}

rocksdb::IOStatus OwnFolderFileSystem::ReopenWritableFile(
    const std::string& name, const FileOptions& options,
    std::unique_ptr<rocksdb::FSWritableFile>* file, IODebugContext* context) {
  const IOStatus own = Check();
  return own.ok() ? FileSystemWrapper::ReopenWritableFile(name, options, file, context) : own;
}

rocksdb::IOStatus OwnFolderFileSystem::ReuseWritableFile(
    const std::string& name, const std::string& old_name, const FileOptions& options,
    std::unique_ptr<rocksdb::FSWritableFile>* file, IODebugContext* context) {
  const IOStatus own = Check();
  return own.ok() ? FileSystemWrapper::ReuseWritableFile(name, old_name, options, file, context)
                  : own;
}

rocksdb::IOStatus OwnFolderFileSystem::DeleteFile(const std::string& name, const IOOptions& options,
                                                  IODebugContext* context) {
  const IOStatus own = Check();
  return own.ok() ? FileSystemWrapper::DeleteFile(name, options, context) : own;
}

rocksdb::IOStatus OwnFolderFileSystem::Truncate(const std::string& name, size_t size,
                                                const IOOptions& options, IODebugContext* context) {
  const IOStatus own = Check();
  return own.ok() ? FileSystemWrapper::Truncate(name, size, options, context) : own;
}

rocksdb::IOStatus OwnFolderFileSystem::RenameFile(const std::string& from, const std::string& to,
                                                  const IOOptions& options,
                                                  IODebugContext* context) {
  const IOStatus own = Check();
  return own.ok() ? FileSystemWrapper::RenameFile(from, to, options, context) : own;
}

rocksdb::IOStatus OwnFolderFileSystem::LinkFile(const std::string& from, const std::string& to,
                                                const IOOptions& options, IODebugContext* context) {
  const IOStatus own = Check();
  return own.ok() ? FileSystemWrapper::LinkFile(from, to, options, context) : own;
}

}  // namespace semblance::storage
