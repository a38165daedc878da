#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>

#include <string_view>

#include "storage/rocks_options_internal.h"

namespace semblance::storage {
void SilentLogger::Logv(const char* format, va_list arguments) {
  // The words of DBImpl::RecoverLogFiles; a test holds this to the RocksDB it is built with.
  if (std::string_view(format).find("dropping %d bytes") != std::string_view::npos) {
    log_was_cut_.store(true);
  }
}

rocksdb::DBOptions MakeDbOptions(rocksdb::Env* env) {
  rocksdb::DBOptions options;
  options.env = env;
  options.create_if_missing = true;
  options.create_missing_column_families = true;
  options.paranoid_checks = true;
  options.allow_2pc = true;  // keeps the logs of prepared transactions
  options.info_log = std::make_shared<SilentLogger>();
  options.keep_log_file_num = 1;
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  options.skip_stats_update_on_db_open = true;  // opening reads no table it is not asked for
  options.max_background_jobs = 2;
  options.max_open_files = 256;
  options.max_file_opening_threads = 1;
  options.db_write_buffer_size = kAllWriteBuffersBytes;
  options.max_total_wal_size = kMaxLogBytes;
  options.max_manifest_file_size = 4u << 20;
  options.avoid_flush_during_shutdown = true;  // the log has everything
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  return options;
}

rocksdb::ColumnFamilyOptions MakeFamilyOptions(const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  table.block_size = 4u << 10;             // a few vectors: single ones are read for rescoring
  table.index_block_restart_interval = 8;  // a table's index is in memory as long as it is open
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  rocksdb::ColumnFamilyOptions options;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  options.compression = rocksdb::kNoCompression;  // storage/format.h says why
  options.write_buffer_size = kWriteBufferBytes;
  options.max_write_buffer_number = 2;
  // What a compaction writes to lower levels is in larger files, so that more of it is open at a
  // time: to open one for a single vector takes long. Rows that came in order are only moved down,
  // and stay in files as large as a flush.
  options.target_file_size_multiplier = 2;
  // Nothing: flushed memtables, the last of which may be one large transaction, are kept in memory
  // only to detect conflicts, and we have one writer.
  options.max_write_buffer_size_to_maintain = 0;
  return options;
}

rocksdb::TransactionOptions MakeTransactionOptions() {
  rocksdb::TransactionOptions options;
  options.skip_concurrency_control = true;  // the caller lets one writer in at a time
  options.max_write_batch_size = kMaxTransactionBytes;
  return options;
}

}  // namespace semblance::storage
