// Keeps RocksDB's write-ahead log whole when a write to it fails.
//
// A full disk leaves part of a record at the end of the log. RocksDB then goes on in a new
// log, which is right only if the torn one is not read again; but the one that holds a prepared
// transaction is, and the store would not open any more ("SST file is ahead of WALs"). So a log
// file that fails is cut back to where the write began, and takes nothing after that: what RocksDB
// tries to add once more belongs to the write whose failure was reported.
#pragma once

#include <rocksdb/file_system.h>

#include <atomic>
#include <memory>
#include <string>

namespace semblance::storage {

class LogFileSystem : public rocksdb::FileSystemWrapper {
 public:
  explicit LogFileSystem(const std::shared_ptr<rocksdb::FileSystem>& files)
      : FileSystemWrapper(files) {}
  const char* Name() const override { return "SemblanceLogFileSystem"; }

  // Call before each write, one at a time: what is in the log now stays.
  void BeginWrite() { state_->writes.fetch_add(1); }

  // Whether the log that RocksDB would write to now has failed.
  bool current_log_failed() const { return state_->failed.load(); }

  rocksdb::IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* file,
                                    rocksdb::IODebugContext* context) override;

  // Shared with the files, which RocksDB may close late.
  struct State {
    std::atomic<uint64_t> writes{0};  // counts BeginWrite
    std::atomic<bool> failed{false};  // of the newest log
  };

 private:
  const std::shared_ptr<State> state_ = std::make_shared<State>();
};

}  // namespace semblance::storage
