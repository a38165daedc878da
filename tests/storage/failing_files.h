// The machine's files, with a disk that is full while the test says so.
#pragma once

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <string>

namespace semblance::storage {

// What fails: everything that is written once `room` bytes are, or only files whose names end so
// (".log", ".sst").
class FullDisk {
 public:
  void Fill(const std::string& name_end = "", size_t room = 0) {
    name_end_ = name_end;
    room_ = room;
    full_ = true;
  }
  void Free() { full_ = false; }
  bool HasRoom() const { return !full_ || room_ > 0; }
  // How many of `bytes` the disk still takes.
  size_t Take(const std::string& file, size_t bytes) {
    if (!full_ || !file.ends_with(name_end_)) return bytes;
    size_t room = room_;
    while (!room_.compare_exchange_weak(room, room - std::min(room, bytes))) {
    }
    return std::min(room, bytes);
  }

 private:
  std::atomic<bool> full_{false};
  std::atomic<size_t> room_{0};
  std::string name_end_;
};

class FailingFile : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  FailingFile(std::unique_ptr<rocksdb::FSWritableFile> file, std::string name,
              std::shared_ptr<FullDisk> disk)
      : FSWritableFileOwnerWrapper(std::move(file)), name_(std::move(name)), disk_(disk) {}

  using FSWritableFileOwnerWrapper::Append;
  rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                           rocksdb::IODebugContext* context) override {
    // What does not fit is written as far as it does, as the kernel does it.
    const size_t taken = disk_->Take(name_, data.size());
    const rocksdb::IOStatus status =
        FSWritableFileOwnerWrapper::Append(rocksdb::Slice(data.data(), taken), options, context);
    if (!status.ok() || taken == data.size()) return status;
    return rocksdb::IOStatus::NoSpace("No space left on device");
  }
  rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                           const rocksdb::DataVerificationInfo&,
                           rocksdb::IODebugContext* context) override {
    return Append(data, options, context);
  }

 private:
  const std::string name_;
  const std::shared_ptr<FullDisk> disk_;
};

class FailingFileSystem : public rocksdb::FileSystemWrapper {
 public:
  explicit FailingFileSystem(std::shared_ptr<FullDisk> disk)
      : FileSystemWrapper(rocksdb::FileSystem::Default()), disk_(std::move(disk)) {}
  const char* Name() const override { return "FailingFileSystem"; }

  rocksdb::IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* file,
                                    rocksdb::IODebugContext* context) override {
    const rocksdb::IOStatus status =
        FileSystemWrapper::NewWritableFile(name, options, file, context);
    if (status.ok()) *file = std::make_unique<FailingFile>(std::move(*file), name, disk_);
    return status;
  }

  rocksdb::IOStatus GetFreeSpace(const std::string& path, const rocksdb::IOOptions& options,
                                 uint64_t* bytes, rocksdb::IODebugContext* context) override {
    const rocksdb::IOStatus status = FileSystemWrapper::GetFreeSpace(path, options, bytes, context);
    if (!disk_->HasRoom()) *bytes = 0;
    return status;
  }

 private:
  const std::shared_ptr<FullDisk> disk_;
};

inline std::shared_ptr<rocksdb::Env> NewFailingEnv(std::shared_ptr<FullDisk> disk) {
  return rocksdb::NewCompositeEnv(std::make_shared<FailingFileSystem>(std::move(disk)));
}

}  // namespace semblance::storage
