#include "storage/database_internal.h"

namespace semblance::storage {
namespace {

class RocksCursor : public Cursor {
 public:
  RocksCursor(const Database& database, Family family, std::string_view prefix)
      : database_(database),
        family_(family),
        lower_(prefix),
        upper_(EndOfPrefix(prefix)),
        lower_slice_(lower_) {
    rocksdb::ReadOptions options;
    options.iterate_lower_bound = &lower_slice_;
    if (upper_) {
      upper_slice_ = *upper_;
      options.iterate_upper_bound = &upper_slice_;
    }
    it_.reset(database.rocks().NewIterator(options, database.Handle(family)));
    it_->SeekToFirst();
    CheckStatus();
  }

  bool Valid() const override { return it_->Valid(); }

  void Next() override {
    CheckValid();
    it_->Next();
    CheckStatus();
  }

  void Seek(std::string_view key) override {
    // RocksDB moves a key below the lower bound up to it; one above the upper bound ends here.
    it_->Seek(ToSlice(key));
    CheckStatus();
  }

  std::string_view Key() const override {
    CheckValid();
    return ToView(it_->key());
  }

  std::string_view Value() const override {
    CheckValid();
    return database_.Unseal(family_, ToView(it_->key()), ToView(it_->value()));
  }

 private:
  void CheckStatus() const {
    if (it_->Valid()) return;
    const rocksdb::Status status = it_->status();
    if (!status.ok()) Throw(status, database_.Where(family_, lower_), "cannot scan");
  }
  void CheckValid() const {
    if (!it_->Valid()) {
      throw Error(ErrorKind::kInvalid,
                  database_.Where(family_, lower_) + ": the cursor is past its last key");
    }
  }

  // Constant after construction; the iterator points at the bounds.
  const Database& database_;
  const Family family_;
  const std::string lower_;
  const std::optional<std::string> upper_;
  const rocksdb::Slice lower_slice_;
  rocksdb::Slice upper_slice_;
  std::unique_ptr<rocksdb::Iterator> it_;
};

}  // namespace

std::unique_ptr<Cursor> NewCursor(const Database& database, Family family,
                                  std::string_view prefix) {
  return std::make_unique<RocksCursor>(database, family, prefix);
}

}  // namespace semblance::storage
