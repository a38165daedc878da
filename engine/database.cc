#include "engine/database.h"

#include <charconv>
#include <chrono>
#include <set>

#include "engine/error.h"
#include "engine/families.h"
#include "engine/manifest.h"
#include "engine/row_codec.h"
#include "storage/keys.h"

namespace semblance::engine {
namespace {

// A table that nobody has looked at for so long is loaded again, so that the memory of one that is
// gone is not kept for ever.
constexpr std::chrono::minutes kLeft{1};

}  // namespace

std::shared_ptr<Database> Database::Over(std::shared_ptr<storage::Store> store,
                                         Predecessors predecessors) {
  return std::shared_ptr<Database>(new Database(std::move(store), std::move(predecessors)));
}

std::shared_ptr<Database> Database::OpenInMemory() {
  storage::OpenOptions options;
  options.families = FamilyNames();
  options.in_memory = true;
  return Over(storage::Store::Open(":memory:", options));
}

Database::Database(std::shared_ptr<storage::Store> store, Predecessors predecessors)
    : store_(std::move(store)),
      models_(store_),
      training_log_(store_),
      training_checkpoints_(store_),
      predecessors_(std::move(predecessors)) {
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
    Indexer* const indexer = store_->read_only() ? nullptr : &indexer_;
    collection = std::make_shared<Collection>(id, options, store_, indexer, std::move(prepared));
    if (auto left = predecessors_.extract(id)) collection->ComeAfter(std::move(left.mapped()));
  }
  struct InUse {
    std::shared_ptr<Database> database;
    std::shared_ptr<Collection> collection;
  };
  Collection* const used = collection.get();
  return {std::make_shared<InUse>(InUse{shared_from_this(), collection}), used};
}

Database::States Database::LoadedStates() {
  std::lock_guard lock(mu_);
  States states;
  for (const auto& [id, collection] : collections_) {
    auto state = collection->LoadedState();
    if (state && !state->ReadsStore()) {
      states[id] = {std::move(state), collection->options().metric};
    }
  }
  return states;
}

Predecessors Database::LeaveToNext() {
  indexer_.Stop();
  const auto now = std::chrono::steady_clock::now();
  std::lock_guard lock(mu_);
  Predecessors left = std::move(predecessors_);
  predecessors_.clear();
  for (const auto& [id, collection] : collections_) {
    try {
      if (auto of_it = collection->LeaveToNext()) left[id] = std::move(of_it);
    } catch (const std::exception&) {
      // The next one reads it from the store, and says what is wrong.
    }
  }
  std::erase_if(left, [&](const auto& of_it) { return now - of_it.second->left > kLeft; });
  return left;
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
  // First of all, so that half a collection is never taken for one.
  auto transaction = store_->Begin();
  for (uint64_t id : dead) {
    std::string newest;
    storage::AppendU64(&newest, ReadLastCommit(*store_, id).number);
    transaction->Put(kMeta, GoneKey(id), newest);
  }
  if (!dead.empty()) transaction->Commit(false);
  for (uint64_t id : dead) {
    RemoveCollection(store_.get(), id);
    predecessors_.erase(id);
  }
  garbage_collected_ = true;
}

}  // namespace semblance::engine
