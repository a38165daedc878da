#include "engine/file_database.h"

#include <sys/stat.h>
#include <unistd.h>

#include <chrono>

#include "engine/families.h"

namespace semblance::engine {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kLockWait{2000};
constexpr milliseconds kLockPoll{5};
// How long a process that has just given way stands back while others still wait.
constexpr milliseconds kStandBack{300};
// How long sealing may go on while another process waits; then it is given up, and begun again
// later.
constexpr milliseconds kSealingWait{1000};

struct Registry {
  std::mutex mu;
  std::map<std::string, std::weak_ptr<FileDatabase>> files;
};
Registry& Files() {
  static Registry& registry = *new Registry;  // never destroyed: connections may close after main
  return registry;
}

// Leaves an object as it is for ever, as a child of fork() must its parent's.
template <typename T>
void Leak(T object) {
  new T(std::move(object));
}

// What keeps both alive.
struct InUse {
  std::shared_ptr<FileDatabase> file;
  std::shared_ptr<Database> database;
};

}  // namespace

std::string FileDatabase::FolderOf(const std::string& file) { return file + "-semblance"; }

std::shared_ptr<FileDatabase> FileDatabase::Of(const std::string& file) {
  const std::lock_guard lock(Files().mu);
  std::weak_ptr<FileDatabase>& known = Files().files[file];
  if (auto database = known.lock()) return database;
  std::shared_ptr<FileDatabase> made(new FileDatabase(file));
  known = made;
  return made;
}

FileDatabase::~FileDatabase() {
  if (process_ != 0 && process_ != getpid()) {
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

std::shared_ptr<Database> FileDatabase::Use(Create create) {
  const std::lock_guard lock(mu_);
  if (process_ != 0 && process_ != getpid()) LeaveToParent();
  if (open_ && identity_ != Identity()) open_.reset();
  if (!open_) {
    auto store = WaitForStore(create);
    if (!store) return nullptr;
    open_ = Database::Over(std::move(store));
    identity_ = Identity();
    gave_way_ = false;
    Remember({});
    WatchFolder();
  }
  auto in_use = std::make_shared<InUse>(InUse{shared_from_this(), open_});
  Database* const database = open_.get();
  return {std::move(in_use), database};
}

std::shared_ptr<storage::Store> FileDatabase::WaitForStore(Create create) {
  storage::OpenOptions options;
  options.families = FamilyNames();
  options.create_if_missing = create == Create::kYes;
  process_ = getpid();
  LetOthersFirst();
  std::optional<storage::TurnRequest> request;
  const auto give_up = steady_clock::now() + kLockWait;
  while (true) {
    try {
      return storage::Store::Open(folder_, options);
    } catch (const storage::Error& error) {
      if (error.kind() == storage::ErrorKind::kMissing) return nullptr;
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
  return View(last.state, commit, last.metric, nullptr);
}

void FileDatabase::Remember(Database::States states) {
  const std::lock_guard lock(remembered_mu_);
  remembered_.swap(states);
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
        Remember(open_->LoadedStates());
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
  Leak(std::move(turns_));
  Leak(std::move(watcher_));
  Remember({});
  gave_way_ = false;
}

}  // namespace semblance::engine
