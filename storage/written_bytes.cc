#include "storage/written_bytes_internal.h"

namespace semblance::storage {
namespace {

using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;

class CountedFile : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  CountedFile(std::unique_ptr<rocksdb::FSWritableFile> file, std::shared_ptr<WrittenBytes> written,
              std::atomic<uint64_t>* count)
      : FSWritableFileOwnerWrapper(std::move(file)), written_(std::move(written)), count_(*count) {}

  IOStatus Append(const rocksdb::Slice& data, const IOOptions& options,
                  IODebugContext* context) override {
    count_ += data.size();
    return FSWritableFileOwnerWrapper::Append(data, options, context);
  }
  IOStatus Append(const rocksdb::Slice& data, const IOOptions& options,
                  const rocksdb::DataVerificationInfo& verification,
                  IODebugContext* context) override {
    count_ += data.size();
    return FSWritableFileOwnerWrapper::Append(data, options, verification, context);
  }

 private:
  const std::shared_ptr<WrittenBytes> written_;  // has the count
  std::atomic<uint64_t>& count_;
};

}  // namespace

rocksdb::IOStatus CountingFileSystem::NewWritableFile(
    const std::string& name, const rocksdb::FileOptions& options,
    std::unique_ptr<rocksdb::FSWritableFile>* file, rocksdb::IODebugContext* context) {
  const IOStatus status = FileSystemWrapper::NewWritableFile(name, options, file, context);
  if (!status.ok()) return status;
  if (name.ends_with(".log")) {
    *file = std::make_unique<CountedFile>(std::move(*file), written_, &written_->log);
  } else if (name.ends_with(".sst")) {
    *file = std::make_unique<CountedFile>(std::move(*file), written_, &written_->tables);
  }
  return status;
}

}  // namespace semblance::storage
