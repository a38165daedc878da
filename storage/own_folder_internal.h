// Keeps an open store out of a folder that was put in the place of its own.
//
// RocksDB names its files by their paths. When somebody moves another store to where an open one
// lay, the old one would remove from the new folder what it takes for its own, and write over
// files of the same number: at its next flush, or when it is closed. So whatever is to be done with
// a path fails from then on. What is open already is still the old one's, wherever its folder is
// now; the log is, so that nothing which was committed is lost.
#pragma once

#include <rocksdb/file_system.h>
#include <sys/types.h>

#include <memory>
#include <string>
#include <utility>

namespace semblance::storage {

class OwnFolderFileSystem : public rocksdb::FileSystemWrapper {
 public:
  explicit OwnFolderFileSystem(const std::shared_ptr<rocksdb::FileSystem>& files)
      : FileSystemWrapper(files) {}
  const char* Name() const override { return "SemblanceOwnFolderFileSystem"; }

  // The folder that is there now is the store's. Before the store is used by several threads.
  void Own(const std::string& folder);
  bool Replaced() const;

  using FileOptions = rocksdb::FileOptions;
  using IODebugContext = rocksdb::IODebugContext;
  using IOOptions = rocksdb::IOOptions;
  using IOStatus = rocksdb::IOStatus;
  IOStatus NewSequentialFile(const std::string& name, const FileOptions& options,
                             std::unique_ptr<rocksdb::FSSequentialFile>* file,
                             IODebugContext* context) override;
  IOStatus NewRandomAccessFile(const std::string& name, const FileOptions& options,
                               std::unique_ptr<rocksdb::FSRandomAccessFile>* file,
                               IODebugContext* context) override;
  IOStatus NewWritableFile(const std::string& name, const FileOptions& options,
                           std::unique_ptr<rocksdb::FSWritableFile>* file,
                           IODebugContext* context) override;
  IOStatus ReopenWritableFile(const std::string& name, const FileOptions& options,
                              std::unique_ptr<rocksdb::FSWritableFile>* file,
                              IODebugContext* context) override;
  IOStatus ReuseWritableFile(const std::string& name, const std::string& old_name,
                             const FileOptions& options,
                             std::unique_ptr<rocksdb::FSWritableFile>* file,
                             IODebugContext* context) override;
  IOStatus DeleteFile(const std::string& name, const IOOptions& options,
                      IODebugContext* context) override;
  IOStatus Truncate(const std::string& name, size_t size, const IOOptions& options,
                    IODebugContext* context) override;
  IOStatus RenameFile(const std::string& from, const std::string& to, const IOOptions& options,
                      IODebugContext* context) override;
  IOStatus LinkFile(const std::string& from, const std::string& to, const IOOptions& options,
                    IODebugContext* context) override;

 private:
  IOStatus Check() const;

  // Constant after Own.
  std::string folder_;  // empty: nothing is checked
  std::pair<dev_t, ino_t> own_{};
};

// The right to write to a folder, which this process has once, whatever the folder's name was when
// it was opened. RocksDB tells its own stores apart by names, and the system's lock, which is on
// the file, is between processes.
class FolderClaim {
 public:
  explicit FolderClaim(const std::string& folder);  // throws kLockHeld
  ~FolderClaim();
  FolderClaim(const FolderClaim&) = delete;
  FolderClaim& operator=(const FolderClaim&) = delete;

 private:
  const std::pair<dev_t, ino_t> folder_;
};

}  // namespace semblance::storage
