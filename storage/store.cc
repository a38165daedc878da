#include "storage/store.h"

#include <algorithm>
#include <filesystem>
#include <numeric>

#include "storage/database_internal.h"

namespace semblance::storage {
namespace {

class RocksStore : public Store {
 public:
  RocksStore(std::shared_ptr<rocksdb::Env> env, const std::string& folder,
             const OpenOptions& options)
      : database_(std::move(env), folder, options),
        store_id_(ToHex(database_.store_id())),
        prepared_(PreparedTransactions(&database_)) {}

  ~RocksStore() override {
    try {
      for (const auto& transaction : prepared_) transaction->Abandon();
    } catch (const std::exception&) {
      // Not reached: these are all prepared.
    }
  }

  std::optional<std::string> Get(Family family, std::string_view key) const override {
    rocksdb::PinnableSlice pinned;
    const auto payload = database_.Read({}, family, key, &pinned);
    if (!payload) return std::nullopt;
    return std::string(*payload);
  }

  void GetMany(Family family, std::span<const std::string> keys, const Visit& visit,
               Caching caching) const override;

  std::unique_ptr<Cursor> Scan(Family family, std::string_view prefix) const override {
    return NewCursor(database_, family, prefix);
  }

  std::unique_ptr<Transaction> Begin() override { return NewTransaction(&database_); }
  std::unique_ptr<Transaction> BeginBulk(size_t bytes) override {
    return NewBulkTransaction(&database_, bytes);
  }

  std::vector<std::unique_ptr<Transaction>> TakePrepared() override {
    const std::lock_guard<std::mutex> lock(mu_);
    return std::move(prepared_);
  }

  void DeletePrefix(Family family, std::string_view prefix) override;

  std::unique_ptr<BlobWriter> NewBlob(Family family, std::string_view key) override {
    return NewBlobWriter(&database_, family, key);
  }
  std::unique_ptr<BlobReader> OpenBlob(Family family, std::string_view key) const override {
    return NewBlobReader(database_, family, key);
  }
  void DeleteBlob(Family family, std::string_view key) override {
    RemoveBlob(&database_, family, key);
  }

  void Sync() override {
    if (database_.read_only()) return;
    const auto lock = database_.LockForWriting();
    if (database_.in_memory()) return;  // nothing outlives the process
    Check(database_.rocks().SyncWAL(), folder(), "cannot sync");
  }
  void Checkpoint(const std::string& to) const override { CopyTo(database_, to); }
  void Compact() override;
  StoreStats Stats() const override;
  const std::string& folder() const override { return database_.folder(); }
  bool read_only() const override { return database_.read_only(); }
  std::string store_id() const override { return store_id_; }

 private:
  // Calls `visit` with our own family and all of the caller's.
  template <typename Visit>
  void ForEachFamily(Visit visit) const {
    visit(database_.Handle(kDefaultFamilyNumber));
    for (Family f = 0; f < database_.family_names().size(); ++f) visit(database_.Handle(f));
  }

  Database database_;
  const std::string store_id_;  // hexadecimal
  std::mutex mu_;
  std::vector<std::unique_ptr<Transaction>> prepared_;  // guarded by mu_; not taken yet
};

void RocksStore::GetMany(Family family, std::span<const std::string> keys, const Visit& visit,
                         Caching caching) const {
  // In the keys' order: neighbours in a table are found together.
  std::vector<size_t> order(keys.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return keys[a] < keys[b]; });
  std::vector<rocksdb::Slice> sorted;
  sorted.reserve(keys.size());
  for (size_t i : order) sorted.push_back(ToSlice(keys[i]));
  std::vector<rocksdb::PinnableSlice> values(keys.size());
  std::vector<rocksdb::Status> statuses(keys.size());
  rocksdb::ReadOptions options;
  options.fill_cache = caching == Caching::kOn;
  database_.rocks().MultiGet(options, database_.Handle(family), sorted.size(), sorted.data(),
                             values.data(), statuses.data(), /*sorted_input=*/true);
  for (size_t s = 0; s < order.size(); ++s) {
    const std::string& key = keys[order[s]];
    if (statuses[s].IsNotFound()) {
      visit(order[s], std::nullopt);
    } else {
      if (!statuses[s].ok()) Throw(statuses[s], database_.Where(family, key), "cannot read");
      visit(order[s], database_.Unseal(family, key, ToView(values[s])));
    }
  }
}

void RocksStore::DeletePrefix(Family family, std::string_view prefix) {
  rocksdb::ColumnFamilyHandle* handle = database_.Handle(family);
  rocksdb::WriteBatch batch;
  if (const auto end = EndOfPrefix(prefix)) {
    batch.DeleteRange(handle, ToSlice(prefix), *end);
  } else {  // to the end of the family, which has no largest key
    const std::unique_ptr<rocksdb::Iterator> it(database_.rocks().NewIterator({}, handle));
    it->SeekToLast();
    Check(it->status(), folder(), "cannot delete a prefix");
    if (!it->Valid() || !it->key().starts_with(ToSlice(prefix))) return;
    batch.DeleteRange(handle, ToSlice(prefix), it->key());
    batch.Delete(handle, it->key());
  }
  database_.Write(&batch, /*sync=*/true, "cannot delete a prefix");
}

void RocksStore::Compact() {
  // Not held for the whole of it, which may take minutes.
  database_.LockForWriting().unlock();
  rocksdb::CompactRangeOptions options;
  options.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForceOptimized;
  ForEachFamily([&](rocksdb::ColumnFamilyHandle* handle) {
    Check(database_.rocks().CompactRange(options, handle, nullptr, nullptr), folder(),
          "cannot compact");
  });
}

uint64_t BytesIn(const std::string& folder) {
  uint64_t bytes = 0;
  std::error_code error;
  for (std::filesystem::directory_iterator it(folder, error), end; !error && it != end;
       it.increment(error)) {
    std::error_code gone;
    const auto size = it->file_size(gone);
    if (!gone) bytes += size;
  }
  return bytes;
}

StoreStats RocksStore::Stats() const {
  StoreStats stats;
  stats.log_was_cut = database_.log_was_cut();
  ForEachFamily([&](rocksdb::ColumnFamilyHandle* handle) {
    uint64_t value = 0;
    if (database_.rocks().GetIntProperty(handle, rocksdb::DB::Properties::kLiveSstFilesSize,
                                         &value)) {
      stats.disk_bytes += value;
    }
    if (database_.rocks().GetIntProperty(handle, rocksdb::DB::Properties::kCurSizeAllMemTables,
                                         &value)) {
      stats.memory_bytes += value;
    }
  });
  stats.memory_bytes += database_.cache().GetUsage();
  stats.given_bytes = database_.written().given;
  stats.log_bytes = database_.written().log;
  stats.table_bytes = database_.written().tables;
  if (!database_.in_memory()) stats.folder_bytes = BytesIn(folder());
  return stats;
}

}  // namespace

std::shared_ptr<Store> OpenIn(const std::shared_ptr<rocksdb::Env>& env, const std::string& folder,
                              const OpenOptions& options) {
  return std::make_shared<RocksStore>(env, folder, options);
}

std::shared_ptr<Store> Store::Open(const std::string& folder, const OpenOptions& options) {
  return OpenIn(options.in_memory ? NewMemoryEnv() : DiskEnv(), folder, options);
}

}  // namespace semblance::storage
