// How many bytes a store writes for those that it is given: counted in the files themselves.
#pragma once

#include <rocksdb/file_system.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

namespace semblance::storage {

struct WrittenBytes {
  std::atomic<uint64_t> given{0};   // keys and values that the store was to keep
  std::atomic<uint64_t> log{0};     // into write-ahead logs
  std::atomic<uint64_t> tables{0};  // into tables, by flushes and compactions
};

// Counts what is appended to logs and tables.
class CountingFileSystem : public rocksdb::FileSystemWrapper {
 public:
  CountingFileSystem(const std::shared_ptr<rocksdb::FileSystem>& files,
                     std::shared_ptr<WrittenBytes> written)
      : FileSystemWrapper(files), written_(std::move(written)) {}
  const char* Name() const override { return "SemblanceCountingFileSystem"; }

  rocksdb::IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* file,
                                    rocksdb::IODebugContext* context) override;

 private:
  const std::shared_ptr<WrittenBytes> written_;
};

}  // namespace semblance::storage
