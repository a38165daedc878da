#include "engine/database.h"

#include <sys/stat.h>

#include <charconv>
#include <chrono>
#include <set>
#include <thread>

#include "engine/error.h"
#include "engine/families.h"
#include "engine/row_codec.h"
#include "storage/keys.h"

namespace semblance::engine {
namespace {

// A store is let go by its last user in another thread, or by another process that closes: worth a
// short wait.
constexpr auto kLockWait = std::chrono::seconds(2);
constexpr auto kLockPoll = std::chrono::milliseconds(20);

// A folder that was removed and made again at the same path is another one.
using FolderIdentity = std::pair<dev_t, ino_t>;

FolderIdentity IdentityOf(const std::string& folder) {
  struct stat status;
  if (stat(folder.c_str(), &status) != 0) return {0, 0};
  return {status.st_dev, status.st_ino};
}

struct OpenedDatabase {
  std::weak_ptr<Database> database;
  FolderIdentity identity;
};
struct Registry {
  std::mutex mu;
  std::map<std::string, OpenedDatabase> databases;  // by folder
};
Registry& Databases() {
  static Registry& registry = *new Registry;  // never destroyed: connections may close after main
  return registry;
}

std::shared_ptr<storage::Store> OpenStore(const std::string& folder,
                                          const storage::OpenOptions& options) {
  const auto give_up = std::chrono::steady_clock::now() + kLockWait;
  while (true) {
    try {
      return storage::Store::Open(folder, options);
    } catch (const storage::Error& error) {
      if (error.kind() != storage::ErrorKind::kLockHeld ||
          std::chrono::steady_clock::now() > give_up)
        throw;
    }
    std::this_thread::sleep_for(kLockPoll);
  }
}

}  // namespace

std::string Database::FolderOf(const std::string& file) { return file + "-semblance"; }

std::shared_ptr<Database> Database::Open(const std::string& file, Create create) {
  const std::string folder = FolderOf(file);
  std::lock_guard lock(Databases().mu);
  OpenedDatabase& opened = Databases().databases[folder];
  if (auto database = opened.database.lock(); database && opened.identity == IdentityOf(folder)) {
    return database;
  }
  storage::OpenOptions options;
  options.families = FamilyNames();
  options.create_if_missing = create == Create::kYes;
  std::shared_ptr<storage::Store> store;
  try {
    store = OpenStore(folder, options);
  } catch (const storage::Error& error) {
    if (error.kind() == storage::ErrorKind::kMissing) return nullptr;
    throw;
  }
  std::shared_ptr<Database> database(new Database(std::move(store)));
  opened = {database, IdentityOf(folder)};
  return database;
}

std::shared_ptr<Database> Database::OpenInMemory() {
  storage::OpenOptions options;
  options.families = FamilyNames();
  options.in_memory = true;
  return std::shared_ptr<Database>(new Database(storage::Store::Open(":memory:", options)));
}

Database::Database(std::shared_ptr<storage::Store> store)
    : store_(std::move(store)), models_(store_), training_log_(store_) {
  for (auto& transaction : store_->TakePrepared()) {
    const std::string& name = transaction->name();
    const size_t slash = name.find('/');
    uint64_t commit = 0;
    if (slash == 16) std::from_chars(name.data() + slash + 1, name.data() + name.size(), commit);
    if (commit == 0)
      throw Error(ErrorKind::kCorruption,
                  "the store holds a prepared transaction of unknown name: " + name);
    prepared_[FromHex(name.substr(0, slash))].push_back({commit, std::move(transaction)});
  }
}

Database::~Database() {
  indexer_.Stop();
  for (auto& [id, commits] : prepared_) {
    for (PreparedCommit& prepared : commits) prepared.transaction->Abandon();
  }
}

void Database::Forget(uint64_t id) {
  std::lock_guard lock(mu_);
  collections_.erase(id);
  forgotten_.insert(id);
}

std::shared_ptr<Collection> Database::OpenCollection(uint64_t id,
                                                     const CollectionOptions& options) {
  std::lock_guard lock(mu_);
  auto& collection = collections_[id];
  if (!collection) {
    std::vector<PreparedCommit> prepared;
    if (const auto found = prepared_.find(id); found != prepared_.end()) {
      prepared = std::move(found->second);
      prepared_.erase(found);
    }
    collection = std::make_shared<Collection>(id, options, store_, &indexer_, std::move(prepared));
  }
  return collection;
}

bool Database::NeedsGarbageCollection() {
  std::lock_guard lock(mu_);
  return !garbage_collected_;
}

void Database::CollectGarbage(const std::vector<uint64_t>& live) {
  std::lock_guard lock(mu_);
  if (garbage_collected_) return;
  const std::set<uint64_t> keep(live.begin(), live.end());
  for (auto it = prepared_.begin(); it != prepared_.end();) {
    if (keep.contains(it->first)) {
      ++it;
      continue;
    }
    for (PreparedCommit& prepared : it->second) prepared.transaction->Rollback();
    it = prepared_.erase(it);
  }
  static constexpr std::string_view kPrefix = "commit/";
  std::vector<uint64_t> dead;
  for (auto cursor = store_->Scan(kMeta, kPrefix); cursor->Valid(); cursor->Next()) {
    std::string_view key = cursor->Key().substr(kPrefix.size());
    const uint64_t id = storage::TakeU64(&key);
    if (!keep.contains(id) && !collections_.contains(id) && !forgotten_.contains(id))
      dead.push_back(id);
  }
  for (uint64_t id : dead) {
    for (storage::Family family : {kSegments, kLog, kRows})
      store_->DeletePrefix(family, CollectionPrefix(id));
    store_->DeletePrefix(kMeta, ManifestKey(id));
    store_->DeletePrefix(kMeta, LastCommitKey(id));
  }
  garbage_collected_ = true;
}

}  // namespace semblance::engine
