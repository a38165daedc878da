#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <random>
#include <thread>

#include "storage/database_internal.h"
#include "storage/keys.h"
#include "storage/rocks_options_internal.h"

namespace semblance::storage {
namespace {

constexpr size_t kMaxFamilies = 32;
constexpr size_t kMaxLogs = 4;
constexpr uint64_t kLongLogBytes = 4 << 20;
constexpr std::chrono::seconds kFlushPatience{5};

size_t CountLogs(const std::string& folder) {
  size_t logs = 0;
  std::error_code error;
  for (std::filesystem::directory_iterator it(folder, error), end; !error && it != end;
       it.increment(error)) {
    if (it->path().extension() == ".log") ++logs;
  }
  return logs;
}

std::string NewStoreId() {
  std::random_device random;
  std::string id;
  for (int i = 0; i < 4; ++i) AppendU32(&id, random());
  return id;
}

std::vector<std::string> CheckedFamilies(const std::vector<std::string>& names) {
  if (names.empty() || names.size() > kMaxFamilies) {
    throw Error(ErrorKind::kInvalid, "a store has between 1 and 32 families");
  }
  std::set<std::string> seen = {rocksdb::kDefaultColumnFamilyName};
  for (const std::string& name : names) {
    if (name.empty() || !seen.insert(name).second) {
      throw Error(ErrorKind::kInvalid,
                  "family name '" + name + "' is empty, reserved or given twice");
    }
  }
  return names;
}

// RocksDB's threads are not in a child made by fork(), which would wait for them for ever.
void CheckNotForked(const std::string& folder) {
  static std::atomic<pid_t> user{0};
  pid_t first = 0;
  if (user.compare_exchange_strong(first, getpid()) || first == getpid()) return;
  throw Error(
      ErrorKind::kForked,
      folder +
          ": this process was made by fork() after its parent had opened a store, and can only "
          "read one: open the first database after the fork, or start the child as a new "
          "program (Python: multiprocessing.set_start_method('spawn'))");
}

}  // namespace

std::shared_ptr<rocksdb::Env> NewMemoryEnv() {
  return std::shared_ptr<rocksdb::Env>(rocksdb::NewMemEnv(rocksdb::Env::Default()));
}

std::shared_ptr<rocksdb::Env> DiskEnv() {
  return {rocksdb::Env::Default(), [](rocksdb::Env*) {}};
}

Database::Database(std::shared_ptr<rocksdb::Env> env, const std::string& folder,
                   const OpenOptions& options)
    : base_env_(std::move(env)),
      own_folder_(std::make_shared<OwnFolderFileSystem>(base_env_->GetFileSystem())),
      files_(std::make_shared<LogFileSystem>(
          std::make_shared<CountingFileSystem>(own_folder_, written_))),
      env_(rocksdb::NewCompositeEnv(files_)),
      folder_(folder),
      family_names_(CheckedFamilies(options.families)),
      in_memory_(options.in_memory),
      read_only_(options.read_only),
      cache_(rocksdb::NewLRUCache(kBlockCacheBytes, /*num_shard_bits=*/2)),
      watch_(std::make_shared<ErrorWatch>()) {
  if (!read_only_) CheckNotForked(folder_);
  try {
    if (read_only_) {
      OpenBesideOthers();
    } else {
      if (!in_memory_) Inspect(options);
      OpenRocks();
    }
    ReadOrWriteHeader();
    ReadWritten();
    if (read_only_) return;
    RemoveUnfinishedBlobs();
    DropOldLogs();
  } catch (...) {
    Close();
    throw;
  }
}

Database::~Database() { Close(); }

void Database::OpenRocks() {
  if (!in_memory_) {
    own_folder_->Own(folder_);
    if (!read_only_) claim_.emplace(folder_);
  }
  rocksdb::DBOptions options = MakeDbOptions(env_.get());
  const auto logger = std::make_shared<SilentLogger>();
  options.info_log = logger;
  if (read_only_) {
    options.max_open_files = -1;  // opened now: whoever writes to the folder removes old ones
  } else {
    options.sst_file_manager = NewSpaceWatcher(files_, logger);
    options.listeners.push_back(watch_);
  }
  const rocksdb::ColumnFamilyOptions family_options = MakeFamilyOptions(cache_);
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  families.emplace_back(rocksdb::kDefaultColumnFamilyName, family_options);
  for (const std::string& name : family_names_) families.emplace_back(name, family_options);

  // Not TransactionDB::Open, which turns compactions off and, family by family, on again: each
  // writes and syncs a file, 70 ms in all. That guards policies other than WRITE_COMMITTED.
  rocksdb::DB* base = nullptr;
  rocksdb::Status status =
      read_only_ ? rocksdb::DB::OpenForReadOnly(options, folder_, families, &handles_, &base)
                 : rocksdb::DB::Open(options, folder_, families, &handles_, &base);
  rocksdb::TransactionDB* rocks = nullptr;
  if (status.ok()) {
    status =
        rocksdb::TransactionDB::WrapDB(base, rocksdb::TransactionDBOptions(), {}, handles_, &rocks);
  }
  if (!status.ok()) {
    handles_.clear();  // RocksDB freed them, and the database
    if (read_only_ && status.IsInvalidArgument()) {
      throw Error(ErrorKind::kMissing, "the store in " + folder_ + " is only being made");
    }
    if (status.IsPathNotFound()) {
      throw Error(ErrorKind::kCorruption,
                  folder_ + ": cannot open: a file of the store is gone: " + status.ToString());
    }
    Throw(status, folder_, "cannot open");
  }
  rocks_.reset(rocks);
  log_was_cut_ = logger->log_was_cut();
}

// Calls `look` again while it fails, or gives false, because another process has replaced files of
// the folder meanwhile: it may begin a new manifest, and remove the old one, whenever it likes.
template <typename Look>
void Database::WhileFilesChange(Look look) {
  constexpr int kAttempts = 40;
  constexpr std::chrono::milliseconds kBetween{5};
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const std::string before = ManifestState(folder_);
    try {
      if (look(before)) return;
    } catch (const Error&) {
      if (ManifestState(folder_) == before) throw;
    }
    std::this_thread::sleep_for(kBetween);
  }
  throw Error(
      ErrorKind::kLockHeld,
      folder_ + ": the store is open elsewhere, and its files change too quickly to be read");
}

// Without RocksDB's lock, which whoever has the store holds.
void Database::Inspect(const OpenOptions& options) {
  WhileFilesChange([&](const std::string&) {
    InspectFolder(folder_, options, env_.get());
    return true;
  });
}

// Another process may flush, and remove logs and tables, between the moments in which RocksDB reads
// the manifest, the logs and the tables. What was read belongs together when the manifest is as
// before.
void Database::OpenBesideOthers() {
  OpenOptions options;
  options.families = family_names_;
  options.create_if_missing = false;
  WhileFilesChange([&](const std::string& before) {
    Close();  // what did not belong together
    own_folder_->Own(folder_);
    InspectFolder(folder_, options, env_.get());
    OpenRocks();
    return ManifestState(folder_) == before;
  });
}

void Database::ReadOrWriteHeader() {
  rocksdb::PinnableSlice pinned;
  const auto payload = Read({}, kDefaultFamilyNumber, kStoreKey, &pinned);
  if (payload) {
    const auto header = DecodeStoreHeader(*payload);
    if (!header) throw Error(ErrorKind::kWrongVersion, folder_ + " holds another kind of store");
    if (header->version != kFormatVersion) {
      throw Error(ErrorKind::kWrongVersion,
                  folder_ + " has format version " + std::to_string(header->version) +
                      "; this program reads version " + std::to_string(kFormatVersion));
    }
    store_id_ = header->id;
    return;
  }
  if (read_only_) throw Error(ErrorKind::kMissing, "there is no store in " + folder_ + " yet");
  // Without a header it is either a store whose creation was cut short, or somebody else's.
  if (!IsEmpty()) {
    throw Error(ErrorKind::kWrongVersion, folder_ + " holds a RocksDB that is no Semblance store");
  }
  StoreHeader header;
  header.id = NewStoreId();
  rocksdb::WriteBatch batch;
  Put(&batch, kDefaultFamilyNumber, kStoreKey, EncodeStoreHeader(header));
  rocksdb::WriteOptions durable;
  durable.sync = true;
  WriteLocked(&batch, durable, "cannot create the store");
  store_id_ = header.id;
}

bool Database::IsEmpty() const {
  for (rocksdb::ColumnFamilyHandle* handle : handles_) {
    const std::unique_ptr<rocksdb::Iterator> it(rocks_->NewIterator({}, handle));
    it->SeekToFirst();
    Check(it->status(), folder_, "cannot read");
    if (it->Valid()) return false;
  }
  return true;
}

void Database::RemoveUnfinishedBlobs() {
  rocksdb::WriteBatch batch;
  const std::unique_ptr<rocksdb::Iterator> it(rocks_->NewIterator({}, handles_[0]));
  for (it->Seek(ToSlice(kPendingPrefix));
       it->Valid() && it->key().starts_with(ToSlice(kPendingPrefix)); it->Next()) {
    const std::string_view key = ToView(it->key());
    const std::string_view payload = Unseal(kDefaultFamilyNumber, key, ToView(it->value()));
    std::string_view rest = key.substr(kPendingPrefix.size());
    const uint32_t family = TakeU32(&rest);
    if (family < family_names_.size() && payload.size() == 1) {
      RemoveChunks(this, &batch, family, rest, static_cast<uint8_t>(payload[0]));
    }
    batch.Delete(handles_[0], it->key());
  }
  Check(it->status(), folder_, "cannot read");
  if (batch.Count() > 0) Write(&batch, /*sync=*/false, "cannot remove an unfinished blob");
}

// With two-phase commit RocksDB lets go of replayed logs at the first flush, not at open; a program
// that opens, writes a little and ends would add a log each time, and replay them all.
void Database::DropOldLogs() {
  if (in_memory_ || (!log_was_cut_ && CountLogs(folder_) < kMaxLogs)) return;
  const auto lock = LockForWriting();
  Check(rocks_->Flush({}, handles_[0]), folder_, "cannot flush");
}

// A log of many megabytes is replayed by whoever opens the store next, which takes far longer than
// to write its tables now. What does not succeed, on a full disk or in good time, is left to the
// log.
void Database::FlushLongLog() noexcept {
  if (in_memory_ || watch_->failed()) return;
  const auto sum = [this](const std::string& property) {
    uint64_t number = 0;
    rocks_->GetAggregatedIntProperty(property, &number);
    return number;
  };
  if (sum(rocksdb::DB::Properties::kCurSizeAllMemTables) < kLongLogBytes) return;
  rocksdb::FlushOptions options;
  options.wait = false;  // it would wait for space for ever
  options.allow_write_stall = true;
  const auto deadline = std::chrono::steady_clock::now() + kFlushPatience;
  for (rocksdb::ColumnFamilyHandle* handle : handles_) {  // one by one: more would be refused
    if (!rocks_->Flush(options, handle).ok()) return;
    while (sum(rocksdb::DB::Properties::kNumImmutableMemTable) > 0) {
      if (watch_->failed() || std::chrono::steady_clock::now() > deadline) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }
}

void Database::ReadWritten() {
  rocksdb::PinnableSlice pinned;
  const auto payload = Read({}, kDefaultFamilyNumber, kWrittenKey, &pinned);
  if (!payload) return;
  std::string_view rest = *payload;
  given_before_ = TakeU64(&rest);
  written_->given += given_before_;
  written_->log += TakeU64(&rest);
  written_->tables += TakeU64(&rest);
}

// Figures for people: what they are worth is no error.
void Database::KeepWritten() noexcept {
  if (read_only_ || in_memory_ || store_id_.empty() || written_->given == given_before_) return;
  if (watch_->failed() || files_->current_log_failed()) return;
  try {
    std::string payload;
    AppendU64(&payload, written_->given);
    AppendU64(&payload, written_->log);
    AppendU64(&payload, written_->tables);
    rocksdb::WriteBatch batch;
    Put(&batch, kDefaultFamilyNumber, kWrittenKey, payload);
    const auto lock = LockForWriting();
    WriteLocked(&batch, {}, "cannot write");
  } catch (const std::exception&) {
  }
}

void Database::Close() noexcept {
  if (!rocks_) return;
  if (!read_only_ && !own_folder_->Replaced()) {
    FlushLongLog();
    KeepWritten();
  }
  for (rocksdb::ColumnFamilyHandle* handle : handles_) {
    rocks_->DestroyColumnFamilyHandle(handle).PermitUncheckedError();
  }
  handles_.clear();
  rocks_.reset();
  claim_.reset();
}

}  // namespace semblance::storage
