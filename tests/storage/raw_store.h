// A closed store, opened behind its back with plain RocksDB, to damage it.
#pragma once

#include <gtest/gtest.h>
#include <rocksdb/db.h>

#include <memory>
#include <string>
#include <vector>

#include "storage/format.h"

namespace semblance::storage {

class RawStore {
 public:
  explicit RawStore(const std::string& folder) {
    rocksdb::Options options;
    options.info_log_level = rocksdb::FATAL_LEVEL;
    EXPECT_TRUE(rocksdb::DB::ListColumnFamilies(options, folder, &names_).ok());
    std::vector<rocksdb::ColumnFamilyDescriptor> families;
    for (const std::string& name : names_) families.emplace_back(name, options);
    rocksdb::DB* db = nullptr;
    const rocksdb::Status status = rocksdb::DB::Open(options, folder, families, &handles_, &db);
    EXPECT_TRUE(status.ok()) << status.ToString();
    db_.reset(db);
  }
  ~RawStore() {
    for (auto* handle : handles_) EXPECT_TRUE(db_->DestroyColumnFamilyHandle(handle).ok());
  }

  void Put(const std::string& family, const std::string& key, const std::string& value) {
    EXPECT_TRUE(db_->Put({}, Handle(family), key, value).ok());
  }
  void PutSealed(const std::string& family, uint32_t number, const std::string& key,
                 const std::string& payload) {
    const auto sum = ChecksumOf(number, key, payload);
    Put(family, key, payload + std::string(sum.data(), sum.size()));
  }
  std::string Get(const std::string& family, const std::string& key) {
    std::string value;
    EXPECT_TRUE(db_->Get({}, Handle(family), key, &value).ok());
    return value;
  }

 private:
  rocksdb::ColumnFamilyHandle* Handle(const std::string& family) {
    for (size_t i = 0; i < names_.size(); ++i) {
      if (names_[i] == family) return handles_[i];
    }
    ADD_FAILURE() << "no family " << family;
    return db_->DefaultColumnFamily();
  }

  std::vector<std::string> names_;
  std::vector<rocksdb::ColumnFamilyHandle*> handles_;
  std::unique_ptr<rocksdb::DB> db_;
};

}  // namespace semblance::storage
