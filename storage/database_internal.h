// An open RocksDB with its families: what Transaction, Cursor, the blobs and the checkpoint share.
#pragma once

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/utilities/transaction_db.h>
#include <rocksdb/write_batch.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "storage/error_watch_internal.h"
#include "storage/format.h"
#include "storage/log_files_internal.h"
#include "storage/own_folder_internal.h"
#include "storage/status_internal.h"
#include "storage/store.h"
#include "storage/written_bytes_internal.h"

namespace semblance::storage {

// Files in memory only, for one store.
std::shared_ptr<rocksdb::Env> NewMemoryEnv();
// The machine's files; shared, never freed.
std::shared_ptr<rocksdb::Env> DiskEnv();

// Store::Open over other files than those of `options`; tests put files that fail beneath.
std::shared_ptr<Store> OpenIn(const std::shared_ptr<rocksdb::Env>& env, const std::string& folder,
                              const OpenOptions& options);

// Threads: every method may be called from any thread.
class Database {
 public:
  // Opens or creates, checks the header, and removes blobs that were never finished.
  Database(std::shared_ptr<rocksdb::Env> env, const std::string& folder,
           const OpenOptions& options);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  rocksdb::TransactionDB& rocks() const { return *rocks_; }
  const std::string& folder() const { return folder_; }
  const std::string& store_id() const { return store_id_; }  // 16 bytes
  bool in_memory() const { return in_memory_; }
  bool read_only() const { return read_only_; }
  // Of this and of earlier openings; what counts `given` are the writers.
  WrittenBytes& written() const { return *written_; }
  bool log_was_cut() const { return log_was_cut_; }  // StoreStats
  const std::vector<std::string>& family_names() const { return family_names_; }
  const rocksdb::Cache& cache() const { return *cache_; }

  // kDefaultFamilyNumber is our own family; throws kInvalid for a number without a family.
  rocksdb::ColumnFamilyHandle* Handle(uint32_t family) const;
  // "folder, family rows, key 00ff": for messages.
  std::string Where(uint32_t family, std::string_view key) const;

  // The payload of a stored value (a view into it); throws kCorruption.
  std::string_view Unseal(uint32_t family, std::string_view key, std::string_view value) const;
  // Reads into `pinned`, which keeps the returned payload alive.
  std::optional<std::string_view> Read(const rocksdb::ReadOptions& options, uint32_t family,
                                       std::string_view key, rocksdb::PinnableSlice* pinned) const;

  // Adds payload and checksum to a batch.
  void Put(rocksdb::WriteBatch* batch, uint32_t family, std::string_view key,
           std::string_view payload) const;
  // Writes the batch at once, outside every transaction. Takes LockForWriting itself.
  void Write(rocksdb::WriteBatch* batch, bool sync, const char* what);

  // Hold this while RocksDB writes: one write at a time. RocksDB stops taking writes after one that
  // found no space, and goes on by itself once there is some; this waits for it when there is, and
  // throws kNoSpace (or what the error was) when not.
  [[nodiscard]] std::unique_lock<std::mutex> LockForWriting() const;

  // A blob has one writer at a time; false when there is one already.
  bool LockBlob(uint32_t family, const std::string& key);
  void UnlockBlob(uint32_t family, const std::string& key) noexcept;

  // Names that a later open will hand out, so they must not be prepared again in this one.
  bool IsReserved(const std::string& name) const;
  void Reserve(const std::string& name);

 private:
  void OpenRocks();
  template <typename Look>
  void WhileFilesChange(Look look);
  void Inspect(const OpenOptions& options);
  void OpenBesideOthers();
  void ReadOrWriteHeader();
  bool IsEmpty() const;
  void RemoveUnfinishedBlobs();
  void DropOldLogs();
  void WriteLocked(rocksdb::WriteBatch* batch, const rocksdb::WriteOptions& options,
                   const char* what) const;
  bool HasSpace() const;
  void KeepMemtable() const;
  void FlushLongLog() noexcept;
  void ReadWritten();
  void KeepWritten() noexcept;
  void Close() noexcept;

  // Constant after construction.
  const std::shared_ptr<rocksdb::Env> base_env_;
  const std::shared_ptr<WrittenBytes> written_ = std::make_shared<WrittenBytes>();
  const std::shared_ptr<OwnFolderFileSystem> own_folder_;  // over base_env_
  const std::shared_ptr<LogFileSystem> files_;             // over own_folder_
  const std::unique_ptr<rocksdb::Env> env_;                // over files_
  const std::string folder_;
  const std::vector<std::string> family_names_;
  const bool in_memory_;
  const bool read_only_;
  const std::shared_ptr<rocksdb::Cache> cache_;
  const std::shared_ptr<ErrorWatch> watch_;
  std::optional<FolderClaim> claim_;  // as long as rocks_ writes
  std::unique_ptr<rocksdb::TransactionDB> rocks_;
  std::vector<rocksdb::ColumnFamilyHandle*> handles_;  // "default" first, then family_names_
  std::string store_id_;
  bool log_was_cut_ = false;
  uint64_t given_before_ = 0;  // bytes, when it was opened

  mutable std::mutex mu_;
  // Guarded by mu_.
  std::set<std::pair<uint32_t, std::string>> blobs_in_writing_;
  std::set<std::string> reserved_names_;

  mutable std::mutex write_mu_;  // held while RocksDB writes
};

// Throws kMissing, kWrongVersion or kCorruption when `folder` holds no store that these families
// could open; true when there is one, false when it is to be created.
bool InspectFolder(const std::string& folder, const OpenOptions& options, rocksdb::Env* env);

// FolderState without the logs: the same before and after something was read from the folder means
// that no file that is in use has been removed meanwhile.
std::string ManifestState(const std::string& folder);

// Removes the chunks of one generation of a blob, however many there are.
void RemoveChunks(Database* database, rocksdb::WriteBatch* batch, uint32_t family,
                  std::string_view key, uint8_t generation);

std::unique_ptr<Cursor> NewCursor(const Database& database, Family family, std::string_view prefix);
std::unique_ptr<Transaction> NewTransaction(Database* database);
std::unique_ptr<Transaction> NewBulkTransaction(Database* database, size_t bytes);
std::vector<std::unique_ptr<Transaction>> PreparedTransactions(Database* database);
std::unique_ptr<BlobWriter> NewBlobWriter(Database* database, Family family, std::string_view key);
std::unique_ptr<BlobReader> NewBlobReader(const Database& database, Family family,
                                          std::string_view key);
void RemoveBlob(Database* database, Family family, std::string_view key);
void CopyTo(const Database& database, const std::string& folder);

inline rocksdb::Slice ToSlice(std::string_view view) { return {view.data(), view.size()}; }
inline std::string_view ToView(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

}  // namespace semblance::storage
