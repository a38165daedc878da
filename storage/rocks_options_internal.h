// How RocksDB is set up for a library that lives inside somebody else's process: little memory, few
// threads and files, nothing printed.
#pragma once

#include <rocksdb/cache.h>
#include <rocksdb/env.h>
#include <rocksdb/options.h>
#include <rocksdb/utilities/transaction_db.h>

#include <atomic>
#include <memory>

namespace semblance::storage {

inline constexpr size_t kWriteBufferBytes = 16u << 20;         // one family's memtable
inline constexpr size_t kAllWriteBuffersBytes = 32u << 20;     // all families of a store
inline constexpr size_t kBlockCacheBytes = 8u << 20;           // one store
inline constexpr size_t kMaxLogBytes = 64u << 20;              // bounds the replay at open
inline constexpr size_t kMaxTransactionBytes = 2048ull << 20;  // RocksDB's batches count in 32 bits

// RocksDB would keep a LOG file in the user's folder and move the last one aside at every open.
// This drops what it says: errors reach the caller as Status. All but one: that replay stopped at a
// damaged log record is told to the logger only.
class SilentLogger : public rocksdb::Logger {
 public:
  SilentLogger() : rocksdb::Logger(rocksdb::InfoLogLevel::WARN_LEVEL) {}
  using rocksdb::Logger::Logv;
  void Logv(const char* format, va_list arguments) override;
  void LogHeader(const char* format, va_list arguments) override {}

  bool log_was_cut() const { return log_was_cut_.load(); }

 private:
  std::atomic<bool> log_was_cut_{false};
};

rocksdb::DBOptions MakeDbOptions(rocksdb::Env* env);
rocksdb::ColumnFamilyOptions MakeFamilyOptions(const std::shared_ptr<rocksdb::Cache>& cache);
rocksdb::TransactionOptions MakeTransactionOptions();

}  // namespace semblance::storage
