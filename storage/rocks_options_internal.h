// How RocksDB is set up for a library that lives inside somebody else's process: little memory, few
// threads and files, nothing printed.
#pragma once

#include <rocksdb/cache.h>
#include <rocksdb/options.h>
#include <rocksdb/utilities/transaction_db.h>

#include <memory>

namespace semblance::storage {

inline constexpr size_t kWriteBufferBytes = 16u << 20;         // one family's memtable
inline constexpr size_t kAllWriteBuffersBytes = 32u << 20;     // all families of a store
inline constexpr size_t kBlockCacheBytes = 16u << 20;          // one store
inline constexpr size_t kMaxLogBytes = 64u << 20;              // bounds the replay at open
inline constexpr size_t kMaxTransactionBytes = 2048ull << 20;  // RocksDB's batches count in 32 bits

rocksdb::DBOptions MakeDbOptions(rocksdb::Env* env);
rocksdb::ColumnFamilyOptions MakeFamilyOptions(const std::shared_ptr<rocksdb::Cache>& cache);
rocksdb::TransactionOptions MakeTransactionOptions();

}  // namespace semblance::storage
