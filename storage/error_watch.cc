#include "storage/error_watch_internal.h"

#include <rocksdb/env.h>
#include <rocksdb/system_clock.h>

#include "storage/status_internal.h"

namespace semblance::storage {
namespace {

constexpr uint64_t kRocksPollMicros = 5000000;  // fixed in SstFileManagerImpl::ClearError
constexpr uint64_t kPollMicros = 100000;

// The space watcher waits until "now + 5 s"; a clock that is slow by 4.9 s makes that 0.1 s.
class SlowClock : public rocksdb::SystemClockWrapper {
 public:
  SlowClock() : SystemClockWrapper(rocksdb::SystemClock::Default()) {}
  const char* Name() const override { return "SemblanceSlowClock"; }
  uint64_t NowMicros() override {
    return SystemClockWrapper::NowMicros() - (kRocksPollMicros - kPollMicros);
  }
};

class SlowClockEnv : public rocksdb::EnvWrapper {
 public:
  SlowClockEnv() : EnvWrapper(rocksdb::Env::Default()) {
    system_clock_ = std::make_shared<SlowClock>();
  }
};

}  // namespace

void ErrorWatch::OnBackgroundError(rocksdb::BackgroundErrorReason reason, rocksdb::Status* error) {
  if (KindOf(*error) == ErrorKind::kNoSpace) {
    // A compaction that finds no space has changed nothing, and is tried again a second later; with
    // two-phase commit RocksDB would call it fatal, for fear of a log that it does not write.
    if (reason == rocksdb::BackgroundErrorReason::kCompaction) {
      *error = rocksdb::Status::OK();
      return;
    }
    // A new log that could not be created while recovering: the next attempt creates it.
    if (error->severity() > rocksdb::Status::Severity::kHardError) {
      *error = rocksdb::Status(*error, rocksdb::Status::Severity::kHardError);
    }
  }
  if (error->severity() < rocksdb::Status::Severity::kHardError) return;
  const std::lock_guard<std::mutex> lock(mu_);
  error_ = *error;
}

void ErrorWatch::OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason, rocksdb::Status,
                                      bool* auto_recovery) {
  const std::lock_guard<std::mutex> lock(mu_);
  recovering_ = *auto_recovery;
}

void ErrorWatch::OnErrorRecoveryEnd(const rocksdb::BackgroundErrorRecoveryInfo& info) {
  const std::lock_guard<std::mutex> lock(mu_);
  error_ = info.new_bg_error;
  recovering_ = false;
  changed_.notify_all();
}

bool ErrorWatch::failed() {
  std::lock_guard lock(mu_);
  return !error_.ok();
}

rocksdb::Status ErrorWatch::WaitUntilWritable(std::chrono::milliseconds patience) {
  std::unique_lock<std::mutex> lock(mu_);
  changed_.wait_until(lock, std::chrono::system_clock::now() + patience,
                      [&] { return error_.ok() || !recovering_; });
  return error_;
}

std::shared_ptr<rocksdb::SstFileManager> NewSpaceWatcher(
    const std::shared_ptr<rocksdb::FileSystem>& files,
    const std::shared_ptr<rocksdb::Logger>& logger) {
  SlowClockEnv env;  // only lends its clock
  return std::shared_ptr<rocksdb::SstFileManager>(rocksdb::NewSstFileManager(&env, files, logger));
}

}  // namespace semblance::storage
