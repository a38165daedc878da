#include <rocksdb/utilities/checkpoint.h>

#include <filesystem>

#include "storage/database_internal.h"

namespace semblance::storage {
namespace {

constexpr size_t kBatchBytes = 4u << 20;

// Values are copied as they stand, checksums included.
void CopyFamily(const Database& from, Database* to, uint32_t family,
                const rocksdb::Snapshot* snapshot) {
  rocksdb::ReadOptions options;
  options.snapshot = snapshot;
  rocksdb::WriteBatch batch;
  const std::unique_ptr<rocksdb::Iterator> it(
      from.rocks().NewIterator(options, from.Handle(family)));
  for (it->SeekToFirst(); it->Valid(); it->Next()) {
    batch.Put(to->Handle(family), it->key(), it->value());
    if (batch.GetDataSize() >= kBatchBytes) {
      to->Write(&batch, /*sync=*/false, "cannot copy");
      batch.Clear();
    }
  }
  Check(it->status(), from.folder(), "cannot copy");
  to->Write(&batch, /*sync=*/true, "cannot copy");
}

// RocksDB's checkpoint links files, which memory has none of, and flushes, which a store that is
// only read cannot.
void CopyRecords(const Database& from, const std::string& folder) {
  OpenOptions options;
  options.families = from.family_names();
  try {
    Database to(DiskEnv(), folder, options);
    rocksdb::ManagedSnapshot snapshot(&from.rocks());
    for (Family family = 0; family < options.families.size(); ++family) {
      CopyFamily(from, &to, family, snapshot.snapshot());
    }
    // Last, for it holds the store id: the copy is the same store.
    CopyFamily(from, &to, kDefaultFamilyNumber, snapshot.snapshot());
  } catch (...) {
    std::error_code ignored;
    std::filesystem::remove_all(folder, ignored);
    throw;
  }
}

}  // namespace

void CopyTo(const Database& database, const std::string& folder) {
  std::error_code error;
  if (std::filesystem::exists(folder, error) || error) {
    throw Error(ErrorKind::kInvalid, folder + ": a checkpoint needs a folder that does not exist" +
                                         (error ? ": " + error.message() : ""));
  }
  if (database.in_memory() || database.read_only()) {
    CopyRecords(database, folder);
    return;
  }
  const auto lock = database.LockForWriting();  // it flushes
  rocksdb::Checkpoint* made = nullptr;
  Check(rocksdb::Checkpoint::Create(&database.rocks(), &made), folder, "cannot checkpoint");
  const std::unique_ptr<rocksdb::Checkpoint> checkpoint(made);
  Check(checkpoint->CreateCheckpoint(folder), folder, "cannot checkpoint");
}

}  // namespace semblance::storage
