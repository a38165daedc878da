// What one transaction of one connection has written to one virtual table, a collection for each of
// its columns to search by. A column that is re-embedded within the transaction has writes to two;
// the shadow table says at the commit which one counts.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "engine/collection.h"
#include "engine/database.h"
#include "engine/pending_writes.h"

namespace semblance::sql {

struct CollectionWrites {
  std::shared_ptr<engine::Collection> collection;
  size_t vector = 0;         // the column whose vectors it has; of TableSchema::vectors
  uint64_t base_commit = 0;  // SQLite's number when the transaction began
  uint64_t commit = 0;       // what these writes become
  std::shared_ptr<engine::PendingWrites> pending;
  bool announced = false;  // the shadow table has `commit`
};

struct TableWrites {
  std::set<int> savepoints;  // open ones, also those set before the first write
  std::map<uint64_t, CollectionWrites> collections;
  std::set<std::string> names;  // that the table has had in this transaction (ALTER TABLE RENAME)
  std::shared_ptr<engine::Database> database;  // of the collections
  std::set<uint64_t>
      left_behind;             // collections that a rebuild in this transaction took the place of
  std::set<uint64_t> current;  // collections the shadow table names; known from xSync on

  void SetSavepoint(int level) {
    for (int outer = 0; outer <= level; ++outer) savepoints.insert(outer);
    for (auto& [id, writes] : collections) writes.pending->SetSavepoint(level);
  }
  void RollbackTo(int level) {
    savepoints.erase(savepoints.upper_bound(level), savepoints.end());
    for (int outer = 0; outer <= level; ++outer) savepoints.insert(outer);
    for (auto& [id, writes] : collections) {
      writes.pending->RollbackTo(level);
      writes.announced = false;  // perhaps
    }
  }
  void Release(int level) {
    savepoints.erase(savepoints.lower_bound(level), savepoints.end());
    for (auto& [id, writes] : collections) writes.pending->Release(level);
  }
  bool HasPending() const {
    for (const auto& [id, writes] : collections) {
      if (!writes.pending->empty()) return true;
    }
    return false;
  }
};

}  // namespace semblance::sql
