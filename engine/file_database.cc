#include "engine/file_database.h"

#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

#include "engine/families.h"
#include "engine/process_id.h"

namespace semblance::engine {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kLockWait{2000};
constexpr milliseconds kLockPoll{5};
constexpr milliseconds kLookEvery{10};
// How long a process that has just given way stands back while others still wait.
constexpr milliseconds kStandBack{300};
// How long sealing may go on while another process waits; then it is given up, and begun again
// later.
constexpr milliseconds kSealingWait{1000};

struct Registry {
  explicit Registry(pid_t owner) : process(owner) {}
  const pid_t process;
  std::mutex mu;
  std::map<std::string, std::weak_ptr<FileDatabase>> files;
};
// Never destroyed: connections may close after main. A child of fork() gets another one: the
// parent's may have been locked at that moment.
Registry& Files() {
  static std::atomic<Registry*> registry{nullptr};
  Registry* known = registry.load();
  while (known == nullptr || known->process != ProcessId()) {
    auto made = std::make_unique<Registry>(ProcessId());
    if (registry.compare_exchange_strong(known, made.get())) return *made.release();
  }
  return *known;
}

// Leaves an object as it is for ever, as a child of fork() must its parent's.
template <typename T>
void Leak(T object) {
  new T(std::move(object));
}

storage::OpenOptions Options(FileDatabase::Create create) {
  storage::OpenOptions options;
  options.families = FamilyNames();
  options.create_if_missing = create == FileDatabase::Create::kYes;
  return options;
}

// What keeps both alive.
struct InUse {
  std::shared_ptr<FileDatabase> file;
  std::shared_ptr<Database> database;
};

}  // namespace

std::string FileDatabase::FolderOf(const std::string& file) { return file + "-semblance"; }

std::shared_ptr<FileDatabase> FileDatabase::Of(const std::string& file) {
  Registry& registry = Files();
  const std::lock_guard lock(registry.mu);
  std::weak_ptr<FileDatabase>& known = registry.files[file];
  if (auto database = known.lock()) {
    database->look_now_ = true;
    return database;
  }
  std::shared_ptr<FileDatabase> made(new FileDatabase(file));
  known = made;
  return made;
}

FileDatabase::~FileDatabase() {
  if (process_ != ProcessId()) {
    LeaveToParent();
  } else {
    StopWatching();
  }
}

FileDatabase::FolderIdentity FileDatabase::Identity() const {
  struct stat status;
  if (stat(folder_.c_str(), &status) != 0) return {0, 0};
  return {status.st_dev, status.st_ino};
}

void FileDatabase::CloseReplaced(Look look) {
  if (!open_) return;
  const auto now = steady_clock::now();
  if (look_now_.exchange(false)) look = Look::kNow;
  if (look == Look::kNowAndThen && now - looked_ < kLookEvery) return;
  looked_ = now;
  if (identity_ == Identity()) return;
  open_.reset();
  kept_.clear();
}

FileDatabase::OpenedStore FileDatabase::OpenStore(const storage::OpenOptions& options) const {
  const std::string before = storage::FolderOrigin(folder_);
  OpenedStore opened{storage::Store::Open(folder_, options), storage::FolderOrigin(folder_)};
  if (!before.empty() && before != opened.origin) opened.origin.clear();
  return opened;
}

std::shared_ptr<Database> FileDatabase::DatabaseOver(OpenedStore opened) {
  origin_ = std::move(opened.origin);
  if (kept_from_ != origin_ + opened.store->store_id()) kept_.clear();
  return Database::Over(std::move(opened.store), std::exchange(kept_, {}));
}

void FileDatabase::KeepFrom(Database* database) {
  if (origin_.empty()) return;
  kept_ = database->LeaveToNext();
  kept_from_ = origin_ + database->store().store_id();
}

std::shared_ptr<Database> FileDatabase::Use(Create create) {
  const std::lock_guard lock(mu_);
  CloseReplaced(Look::kNow);
  if (!open_) {
    auto opened = WaitForStore(create);
    if (!opened) return nullptr;
    Open(*std::move(opened));
  }
  return InUseHere(open_);
}

std::shared_ptr<Database> FileDatabase::UseToRead(Touch touch, Look look) {
  const std::lock_guard lock(mu_);
  CloseReplaced(look);
  if (open_) return InUseHere(open_);
  const bool others_first = gave_way_ && turns_->Asked();
  if (touch == Touch::kYes && !others_first && Writable()) {
    try {
      Open(OpenStore(Options(Create::kNo)));
      return InUseHere(open_);
    } catch (const storage::Error& error) {
      if (error.kind() == storage::ErrorKind::kMissing) return nullptr;
      if (error.kind() != storage::ErrorKind::kLockHeld &&
          error.kind() != storage::ErrorKind::kForked) {
        throw;
      }
    }
  }
  return ReadBesideOthers();
}

std::shared_ptr<Database> FileDatabase::ReadBesideOthers() {
  // Of another store the files may have the same names and sizes.
  std::string state = storage::FolderOrigin(folder_) + storage::FolderState(folder_);
  if (read_only_) Remember(read_only_.get());
  if (!read_only_ || state != read_only_state_) {
    if (read_only_) KeepFrom(read_only_.get());
    read_only_.reset();
    storage::OpenOptions options = Options(Create::kNo);
    options.read_only = true;
    try {
      read_only_ = DatabaseOver(OpenStore(options));
    } catch (const storage::Error& error) {
      if (error.kind() == storage::ErrorKind::kMissing) return nullptr;
      throw;
    }
    read_only_state_ = std::move(state);
  }
  return InUseHere(read_only_);
}

// By the system's word: for root it is only a medium that cannot be written that says no.
bool FileDatabase::Writable() const {
  return access(folder_.c_str(), W_OK) == 0 || errno == ENOENT;
}

void FileDatabase::Open(OpenedStore opened) {
  if (read_only_) KeepFrom(read_only_.get());
  read_only_.reset();
  open_ = DatabaseOver(std::move(opened));
  identity_ = Identity();
  gave_way_ = false;
  Remember(nullptr);
  WatchFolder();
}

std::shared_ptr<Database> FileDatabase::InUseHere(std::shared_ptr<Database> database) {
  Database* const used = database.get();
  return {std::make_shared<InUse>(InUse{shared_from_this(), std::move(database)}), used};
}

std::optional<FileDatabase::OpenedStore> FileDatabase::WaitForStore(Create create) {
  const storage::OpenOptions options = Options(create);
  if (!Writable()) {
    throw storage::Error(storage::ErrorKind::kReadOnly,
                         folder_ + " cannot be written: " + std::strerror(errno));
  }
  LetOthersFirst();
  std::optional<storage::TurnRequest> request;
  const auto give_up = steady_clock::now() + kLockWait;
  while (true) {
    try {
      return OpenStore(options);
    } catch (const storage::Error& error) {
      if (error.kind() == storage::ErrorKind::kMissing) return std::nullopt;
      if (error.kind() != storage::ErrorKind::kLockHeld || steady_clock::now() > give_up) throw;
      if (!request) request.emplace(folder_);
    }
    std::this_thread::sleep_for(kLockPoll);
  }
}

void FileDatabase::LetOthersFirst() {
  const auto until = steady_clock::now() + kStandBack;
  while (gave_way_ && turns_->Asked() && steady_clock::now() < until) {
    std::this_thread::sleep_for(kLockPoll);
  }
}

std::optional<View> FileDatabase::Remembered(uint64_t collection, uint64_t commit) {
  const std::lock_guard lock(remembered_mu_);
  const auto found = remembered_.find(collection);
  if (found == remembered_.end()) return std::nullopt;
  const Database::Remembered& last = found->second;
  if (commit > last.state->last_commit || commit < last.state->horizon) return std::nullopt;
  // A copy that took its place has the same ids, and other rows.
  if (remembered_origin_.empty() || remembered_origin_ != storage::FolderOrigin(folder_))
    return std::nullopt;
  return View(last.state, commit, last.metric, nullptr);
}

void FileDatabase::Remember(Database* database) {
  Database::States states;
  if (database != nullptr) {
    states = database->LoadedStates();
    if (states.empty() && database->store().read_only()) return;
  }
  const std::lock_guard lock(remembered_mu_);
  remembered_.swap(states);
  remembered_origin_ = origin_;
}

void FileDatabase::WatchFolder() {
  if (turns_ && watched_ != identity_) {
    StopWatching();
    turns_.reset();
  }
  if (!turns_) {
    turns_ = std::make_unique<storage::Turns>(folder_);
    watched_ = identity_;
    stop_ = false;
    watcher_ = std::thread([this] { Watch(); });
  }
  turns_->Wake();  // somebody may have asked while nobody looked
}

void FileDatabase::Watch() {
  while (!stop_) {
    turns_->WaitUntilAsked();
    CloseWhenIdle();
  }
}

void FileDatabase::CloseWhenIdle() {
  const auto asked = steady_clock::now();
  while (!stop_) {
    // Whoever stops this thread may hold the lock.
    if (const std::unique_lock lock(mu_, std::try_to_lock); lock) {
      if (!open_ || !turns_->Asked()) return;
      const bool used = open_.use_count() > 1;
      const bool sealing = open_->Sealing() && steady_clock::now() - asked < kSealingWait;
      if (!used && !sealing) {
        KeepFrom(open_.get());  // when nothing of it can change any more
        Remember(open_.get());
        open_.reset();
        gave_way_ = true;
        return;
      }
    }
    std::this_thread::sleep_for(kLockPoll);
  }
}

void FileDatabase::StopWatching() {
  stop_ = true;
  if (turns_) turns_->Wake();
  if (watcher_.joinable()) watcher_.join();
}

// The threads of the parent are not in the child.
void FileDatabase::LeaveToParent() {
  Leak(std::move(open_));
  Leak(std::move(read_only_));
  Leak(std::move(turns_));
  Leak(std::move(watcher_));
}

}  // namespace semblance::engine
