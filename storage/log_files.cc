#include "storage/log_files_internal.h"

namespace semblance::storage {
namespace {

using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;

// RocksDB uses a log file from one thread at a time.
class LogFile : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  LogFile(std::unique_ptr<rocksdb::FSWritableFile> file,
          std::shared_ptr<LogFileSystem::State> state)
      : FSWritableFileOwnerWrapper(std::move(file)), state_(std::move(state)) {}

  IOStatus Append(const rocksdb::Slice& data, const IOOptions& options,
                  IODebugContext* context) override {
    if (failed_) return IOStatus::OK();
    const uint64_t write = state_->writes.load();
    if (write != write_) {
      write_ = write;
      write_start_ = bytes_;
    }
    const IOStatus status = FSWritableFileOwnerWrapper::Append(data, options, context);
    if (status.ok()) {
      bytes_ += data.size();
      return status;
    }
    failed_ = true;
    state_->failed.store(true);
    return CutBack(status, options, context);
  }
  IOStatus Append(const rocksdb::Slice& data, const IOOptions& options,
                  const rocksdb::DataVerificationInfo&, IODebugContext* context) override {
    return Append(data, options, context);
  }

  IOStatus Flush(const IOOptions& options, IODebugContext* context) override {
    return failed_ ? IOStatus::OK() : FSWritableFileOwnerWrapper::Flush(options, context);
  }
  IOStatus Sync(const IOOptions& options, IODebugContext* context) override {
    return NotForSpace(FSWritableFileOwnerWrapper::Sync(options, context));
  }
  IOStatus Fsync(const IOOptions& options, IODebugContext* context) override {
    return NotForSpace(FSWritableFileOwnerWrapper::Fsync(options, context));
  }

 private:
  // Without the cut the log is torn, and only a new open can cope with that.
  IOStatus CutBack(const IOStatus& cause, const IOOptions& options, IODebugContext* context) {
    const IOStatus cut = FSWritableFileOwnerWrapper::Truncate(write_start_, options, context);
    return cut.ok() ? cause : IOStatus::IOError("the log is torn: " + cause.ToString());
  }

  // Nobody knows which records a failed sync has lost. An error that is no lack of space makes
  // RocksDB refuse writes until the next open.
  static IOStatus NotForSpace(const IOStatus& status) {
    return status.IsNoSpace() ? IOStatus::IOError("cannot sync the log: " + status.ToString())
                              : status;
  }

  const std::shared_ptr<LogFileSystem::State> state_;
  uint64_t write_ = 0;
  uint64_t write_start_ = 0;  // bytes of the log that are whole records
  uint64_t bytes_ = 0;
  bool failed_ = false;
};

}  // namespace

rocksdb::IOStatus LogFileSystem::NewWritableFile(const std::string& name,
                                                 const rocksdb::FileOptions& options,
                                                 std::unique_ptr<rocksdb::FSWritableFile>* file,
                                                 rocksdb::IODebugContext* context) {
  const rocksdb::IOStatus status = FileSystemWrapper::NewWritableFile(name, options, file, context);
  if (status.ok() && name.ends_with(".log")) {
    state_->failed.store(false);
    *file = std::make_unique<LogFile>(std::move(*file), state_);
  }
  return status;
}

}  // namespace semblance::storage
