// Reading and writing what is open: keys and values with their checksums, one writer at a time.
#include <algorithm>
#include <chrono>

#include "storage/database_internal.h"
#include "storage/rocks_options_internal.h"

namespace semblance::storage {
namespace {

constexpr std::chrono::seconds kPatience{3};  // RocksDB may sleep for one before it tries again

}  // namespace

rocksdb::ColumnFamilyHandle* Database::Handle(uint32_t family) const {
  if (family == kDefaultFamilyNumber) return handles_[0];
  if (family >= family_names_.size()) {
    throw Error(ErrorKind::kInvalid, folder_ + " has no family number " + std::to_string(family) +
                                         "; there are " + std::to_string(family_names_.size()));
  }
  return handles_[family + 1];
}

std::string Database::Where(uint32_t family, std::string_view key) const {
  const std::string name =
      family < family_names_.size() ? family_names_[family] : rocksdb::kDefaultColumnFamilyName;
  return folder_ + ", family " + name + ", key " + ToHex(key);
}

std::string_view Database::Unseal(uint32_t family, std::string_view key,
                                  std::string_view value) const {
  const auto payload = PayloadOf(family, key, value);
  if (!payload) {
    throw Error(ErrorKind::kCorruption, Where(family, key) + ": the checksum is wrong");
  }
  return *payload;
}

std::optional<std::string_view> Database::Read(const rocksdb::ReadOptions& options, uint32_t family,
                                               std::string_view key,
                                               rocksdb::PinnableSlice* pinned) const {
  pinned->Reset();
  const rocksdb::Status status = rocks_->Get(options, Handle(family), ToSlice(key), pinned);
  if (status.IsNotFound()) return std::nullopt;
  if (!status.ok()) Throw(status, Where(family, key), "cannot read");
  return Unseal(family, key, ToView(*pinned));
}

void Database::Put(rocksdb::WriteBatch* batch, uint32_t family, std::string_view key,
                   std::string_view payload) const {
  const auto sum = ChecksumOf(family, key, payload);
  const rocksdb::Slice key_part = ToSlice(key);
  const rocksdb::Slice value_parts[] = {ToSlice(payload), {sum.data(), sum.size()}};
  const rocksdb::Status status =
      batch->Put(Handle(family), rocksdb::SliceParts(&key_part, 1), {value_parts, 2});
  if (!status.ok()) Throw(status, Where(family, key), "cannot write");
}

void Database::Write(rocksdb::WriteBatch* batch, bool sync, const char* what) {
  const auto lock = LockForWriting();
  rocksdb::WriteOptions options;
  options.sync = sync;
  WriteLocked(batch, options, what);
}

void Database::WriteLocked(rocksdb::WriteBatch* batch, const rocksdb::WriteOptions& options,
                           const char* what) const {
  written_->given += batch->GetDataSize();
  rocksdb::TransactionDBWriteOptimizations optimizations;
  optimizations.skip_concurrency_control = true;  // it also is what lets DeleteRange through
  Check(rocks_->Write(options, optimizations, batch), folder_, what);
}

std::unique_lock<std::mutex> Database::LockForWriting() const {
  if (read_only_) {
    throw Error(ErrorKind::kReadOnly, folder_ + ": the store is opened to be read only");
  }
  std::unique_lock<std::mutex> lock(write_mu_);
  rocksdb::Status stopped = watch_->WaitUntilWritable(std::chrono::seconds(0));
  if (!stopped.ok() && HasSpace()) stopped = watch_->WaitUntilWritable(kPatience);
  if (!stopped.ok()) Throw(stopped, folder_, "cannot write");
  KeepMemtable();
  if (files_->current_log_failed()) {  // see KeepMemtable
    throw Error(ErrorKind::kNoSpace,
                folder_ + ": a write found no space; close the store and open it again to write");
  }
  files_->BeginWrite();
  return lock;
}

// Whether RocksDB, once stopped, would find enough to go on: it wants room for one memtable.
bool Database::HasSpace() const {
  uint64_t bytes = 0;
  const rocksdb::Status status = env_->GetFreeSpace(folder_, &bytes);
  return !status.ok() || bytes >= kWriteBufferBytes;
}

// After a write that found no space RocksDB flushes all memtables and begins a new log. With
// nothing to flush it begins none, and the next write would go to the failed log, where RocksDB
// aborts the process. So our own family always has a record in memory, outside the log. What stays
// is a write that switches every memtable and then finds no space: LockForWriting refuses what
// follows.
void Database::KeepMemtable() const {
  uint64_t entries = 0;
  rocks_->GetIntProperty(handles_[0], rocksdb::DB::Properties::kNumEntriesActiveMemTable, &entries);
  if (entries > 0) return;
  rocksdb::WriteBatch batch;
  Put(&batch, kDefaultFamilyNumber, kMemtableKey, "");
  rocksdb::WriteOptions options;
  options.disableWAL = true;
  WriteLocked(&batch, options, "cannot write");
}

bool Database::LockBlob(uint32_t family, const std::string& key) {
  const std::lock_guard<std::mutex> lock(mu_);
  return blobs_in_writing_.emplace(family, key).second;
}

void Database::UnlockBlob(uint32_t family, const std::string& key) noexcept {
  const std::lock_guard<std::mutex> lock(mu_);
  const auto it =
      std::find_if(blobs_in_writing_.begin(), blobs_in_writing_.end(),
                   [&](const auto& blob) { return blob.first == family && blob.second == key; });
  if (it != blobs_in_writing_.end()) blobs_in_writing_.erase(it);
}

bool Database::IsReserved(const std::string& name) const {
  const std::lock_guard<std::mutex> lock(mu_);
  return reserved_names_.count(name) != 0;
}

void Database::Reserve(const std::string& name) {
  const std::lock_guard<std::mutex> lock(mu_);
  reserved_names_.insert(name);
}
}  // namespace semblance::storage
