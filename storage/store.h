// A durable, ordered map of bytes to bytes, in column families, over RocksDB's TransactionDB.
// Knows nothing of vectors, text or SQL. The bytes on disk are described in storage/format.h.
//
// Threads: every method of Store may be called from any thread. A Transaction, Cursor, BlobWriter
// or BlobReader belongs to one thread at a time and must not outlive its Store.
//
// Errors: storage::Error (see error.h), which names the folder or the key. After kNoSpace the store
// stays readable, and takes writes again soon after there is space (within seconds; a write before
// that waits up to three, or throws kNoSpace again); rarely it must be opened again, and says so.
// After kIo on a write the store refuses writes until it is opened again. A transaction holds at
// most 2 GiB of writes (kInvalid beyond).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "storage/error.h"

namespace semblance::storage {

using Family = uint32_t;  // position in OpenOptions::families

struct OpenOptions {
  std::vector<std::string> families;  // at most 32; names are part of the format, only ever append
  bool in_memory = false;  // everything in memory, gone with the Store; `folder` is only a name
  bool create_if_missing = true;  // false: throws kMissing when there is no store in `folder`
  // Nothing is written and nothing locked: for a folder that cannot be written, or that another
  // process has open. The store is as it was at one moment of the open. kLockHeld when the other
  // one writes so much that there is none.
  bool read_only = false;
};

// Ordered iteration over one family as it was when the cursor was made.
class Cursor {
 public:
  virtual ~Cursor() = default;
  virtual bool Valid() const = 0;  // false past the last key that has the prefix
  virtual void Next() = 0;
  virtual void Seek(std::string_view key) = 0;  // to the first key >= `key` (within the prefix)
  virtual std::string_view Key() const = 0;     // whole key, prefix included; until the next move
  virtual std::string_view Value() const = 0;   // checksum verified and removed; throws kCorruption
};

// Writes that become visible together, or not at all. Destruction without Commit rolls back, unless
// prepared and `Abandon`ed.
class Transaction {
 public:
  virtual ~Transaction() = default;
  virtual void Put(Family family, std::string_view key, std::string_view value) = 0;
  virtual void Delete(Family family, std::string_view key) = 0;
  // Reads see this transaction's own writes.
  virtual std::optional<std::string> Get(Family family, std::string_view key) const = 0;

  virtual void SetSavepoint() = 0;
  // Undoes, and removes, the newest savepoint; kInvalid without one.
  virtual void RollbackToSavepoint() = 0;
  virtual void ReleaseSavepoint() = 0;  // keeps the writes, removes the newest savepoint

  // Makes the writes durable under `name` (unique among prepared ones) without making them visible.
  // After this only Commit, Rollback or Abandon may follow. With `sync`, the disk has them when
  // this returns.
  virtual void Prepare(const std::string& name, bool sync) = 0;
  // With or without Prepare before. Without: when it throws, the transaction is over and nothing of
  // it is there (after kIo the next open finds all of it or nothing). After Prepare: it stays
  // prepared, and Commit may be called again (kNoSpace: once there is space) or Abandon; Rollback
  // no more, for the disk may hold the commit.
  virtual void Commit(bool sync) = 0;
  virtual void Rollback() = 0;  // prepared ones: when it throws, Rollback again or Abandon
  // Prepared only: forget it here; the next Open hands it out through TakePrepared.
  virtual void Abandon() = 0;
  virtual const std::string& name() const = 0;  // empty before Prepare
};

// Writes one large value in checksummed chunks under `key`. Nothing is readable before Finish,
// which makes it durable. A blob that `key` has already stays readable until then, and is replaced
// as a whole; readers that are open keep it.
class BlobWriter {
 public:
  virtual ~BlobWriter() = default;
  virtual void Write(std::string_view bytes) = 0;
  // Without it the destructor removes what was written; after a kill the next Open does.
  virtual void Finish() = 0;
};

// Reads a blob from its beginning.
class BlobReader {
 public:
  virtual ~BlobReader() = default;
  virtual uint64_t size() const = 0;  // whole blob, bytes
  // Reads exactly `bytes` bytes into `out`; throws kCorruption when the blob is shorter or a
  // checksum is wrong.
  virtual void Read(void* out, size_t bytes) = 0;
};

struct StoreStats {
  uint64_t disk_bytes = 0;    // live table files
  uint64_t folder_bytes = 0;  // every file of the folder; 0 in memory
  // Since the store was created; of a process that was killed, its last opening is missing.
  uint64_t given_bytes = 0;   // keys and values that it was to keep
  uint64_t log_bytes = 0;     // written for them to logs
  uint64_t table_bytes = 0;   // and to tables, by flushes and compactions
  uint64_t memory_bytes = 0;  // memtables and block cache in use
  // The open found a damaged record in the log and dropped it and all that came after: a power cut
  // took what was not synced, or the disk is bad. The store is as it was at an earlier moment.
  bool log_was_cut = false;
};

class Store {
 public:
  // Opens or creates the store in `folder`. One process at a time (kLockHeld otherwise).
  static std::shared_ptr<Store> Open(const std::string& folder, const OpenOptions& options);
  virtual ~Store() = default;

  virtual std::optional<std::string> Get(Family family, std::string_view key) const = 0;
  // As many Gets, cheaper: calls `visit` with each key's number and its value, in any order. The
  // value is only valid during the call.
  using Visit = std::function<void(size_t, std::optional<std::string_view>)>;
  // kOff: what is read once, from end to end, shall not push out what is read often.
  enum class Caching { kOn, kOff };
  virtual void GetMany(Family family, std::span<const std::string> keys, const Visit& visit,
                       Caching caching = Caching::kOn) const = 0;
  // All keys that start with `prefix`, in order; the cursor stands on the first.
  virtual std::unique_ptr<Cursor> Scan(Family family, std::string_view prefix) const = 0;
  virtual std::unique_ptr<Transaction> Begin() = 0;
  // For many writes, about `bytes` of keys and values in all, for which room is made at once. Such
  // a transaction has no index of what it wrote: Get and savepoints are kInvalid.
  virtual std::unique_ptr<Transaction> BeginBulk(size_t bytes) = 0;

  // Transactions that were prepared but neither committed nor rolled back when the store was last
  // closed or killed. Each is handed out once; whoever takes it must Commit, Rollback or Abandon
  // (keep for the next open) it.
  virtual std::vector<std::unique_ptr<Transaction>> TakePrepared() = 0;

  // Removes every key of `family` with `prefix`, durably and at once (not transactional). With a
  // large range, Compact some time later gives the space back.
  virtual void DeletePrefix(Family family, std::string_view prefix) = 0;

  // Blobs (not transactional; a Scan of the family meets their records too): chunk keys are `key` +
  // big-endian chunk number, so `key` must not be a prefix of another blob's key.
  virtual std::unique_ptr<BlobWriter> NewBlob(Family family, std::string_view key) = 0;
  // nullptr when there is no such blob.
  virtual std::unique_ptr<BlobReader> OpenBlob(Family family, std::string_view key) const = 0;
  virtual void DeleteBlob(Family family, std::string_view key) = 0;

  virtual void Sync() = 0;  // everything committed so far is on disk
  // Consistent copy into a folder that must not exist, with the same store id, to be opened on its
  // own.
  virtual void Checkpoint(const std::string& folder) const = 0;
  virtual void Compact() = 0;  // gives the space of deleted keys back; slow
  virtual StoreStats Stats() const = 0;
  virtual const std::string& folder() const = 0;
  virtual bool read_only() const = 0;
  // 32 hexadecimal digits, drawn at random when the store was created.
  virtual std::string store_id() const = 0;
};

// Tells states of the store in a folder apart, whoever writes to it: another text after each write.
// Empty: there is none.
std::string FolderState(const std::string& folder);

// Tells the store in a folder from another that was put in its place, and from a copy of itself,
// whether the folder was replaced or the files in it: the same text as long as it is that very one.
// Empty: there is none.
std::string FolderOrigin(const std::string& folder);

}  // namespace semblance::storage
