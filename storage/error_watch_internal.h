// Follows RocksDB through a full disk: from the write that failed to the moment it takes writes
// again.
#pragma once

#include <rocksdb/file_system.h>
#include <rocksdb/listener.h>
#include <rocksdb/sst_file_manager.h>

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>

namespace semblance::storage {

// RocksDB calls the listener from any thread.
class ErrorWatch : public rocksdb::EventListener {
 public:
  void OnBackgroundError(rocksdb::BackgroundErrorReason reason, rocksdb::Status* error) override;
  void OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason reason, rocksdb::Status error,
                            bool* auto_recovery) override;
  void OnErrorRecoveryEnd(const rocksdb::BackgroundErrorRecoveryInfo& info) override;

  // OK when RocksDB takes writes; or else the error that stopped it. Waits up to `patience` while
  // RocksDB is trying to go on.
  rocksdb::Status WaitUntilWritable(std::chrono::milliseconds patience);
  // Whether an error has stopped RocksDB, and nothing has set it going again.
  bool failed();

 private:
  std::mutex mu_;
  // Guarded by mu_.
  std::condition_variable changed_;
  rocksdb::Status error_;    // OK: not stopped
  bool recovering_ = false;  // RocksDB tries again and again
};

// Makes RocksDB look for space ten times a second after it found none. (Its own five seconds are
// for servers. DB::Resume, which is to be called by hand instead, can wait for ever in 7.8: an
// error of a compaction during a resume ends it before its flush has begun, and that flush is then
// never scheduled again.)
std::shared_ptr<rocksdb::SstFileManager> NewSpaceWatcher(
    const std::shared_ptr<rocksdb::FileSystem>& files,
    const std::shared_ptr<rocksdb::Logger>& logger);

}  // namespace semblance::storage
