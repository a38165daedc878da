#include <rocksdb/utilities/transaction.h>
#include <rocksdb/utilities/write_batch_with_index.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstdint>
#include <new>

#include "storage/database_internal.h"
#include "storage/rocks_options_internal.h"

namespace semblance::storage {
namespace {

constexpr size_t kMaxNameBytes = 512;  // RocksDB's

// A batch grows by doubling, and would copy itself, and touch new memory for it, again and again.
// RocksDB makes room only in batches that one has made oneself, not in those of a transaction.
void Reserve(size_t bytes, rocksdb::WriteBatch* batch) {
  constexpr size_t kMapped = size_t{33} << 20;  // such an area malloc maps for itself alone
  constexpr uintptr_t kHugePage = size_t{2} << 20;
  auto& data = const_cast<std::string&>(batch->Data());
  try {
    data.reserve(std::min<size_t>(bytes, kMaxTransactionBytes));
  } catch (const std::bad_alloc&) {
    return;  // it grows as it must
  }
  if (data.capacity() < kMapped) return;
  const auto begin = reinterpret_cast<uintptr_t>(data.data());
  const uintptr_t first = (begin + kHugePage - 1) / kHugePage * kHugePage;
  const uintptr_t end = (begin + data.capacity()) / kHugePage * kHugePage;
  // Only advice: touching page by page can take longer than all else.
  static_cast<void>(madvise(reinterpret_cast<void*>(first), end - first, MADV_HUGEPAGE));
}

class RocksTransaction : public Transaction {
 public:
  explicit RocksTransaction(Database* database)
      : database_(*database),
        txn_(database->rocks().BeginTransaction({}, MakeTransactionOptions())) {}

  // A transaction that was prepared before this open.
  RocksTransaction(Database* database, rocksdb::Transaction* prepared)
      : database_(*database),
        name_(prepared->GetName()),
        state_(State::kPrepared),
        txn_(prepared) {}

  // Writes only, of about so many bytes.
  RocksTransaction(Database* database, size_t bytes) : RocksTransaction(database) {
    bulk_ = true;
    txn_->DisableIndexing();
    Reserve(bytes, txn_->GetWriteBatch()->GetWriteBatch());
  }

  ~RocksTransaction() override {
    // A prepared one whose rollback cannot be written stays prepared: the next open hands it out.
    if (state_ == State::kPrepared) RollbackQuietly();
    if (state_ != State::kEnded) ReserveName();
  }

  void Put(Family family, std::string_view key, std::string_view value) override {
    CheckActive("put");
    const auto sum = ChecksumOf(family, key, value);
    const rocksdb::Slice key_part = ToSlice(key);
    const rocksdb::Slice value_parts[] = {ToSlice(value), {sum.data(), sum.size()}};
    const rocksdb::Status status =
        txn_->Put(database_.Handle(family), rocksdb::SliceParts(&key_part, 1), {value_parts, 2});
    if (!status.ok()) ThrowAt(status, family, key, "cannot put");
  }

  void Delete(Family family, std::string_view key) override {
    CheckActive("delete");
    const rocksdb::Status status = txn_->Delete(database_.Handle(family), ToSlice(key));
    if (!status.ok()) ThrowAt(status, family, key, "cannot delete");
  }

  std::optional<std::string> Get(Family family, std::string_view key) const override {
    if (state_ == State::kEnded) ThrowState("read");
    CheckNotBulk("read");
    rocksdb::PinnableSlice pinned;
    const rocksdb::Status status = txn_->Get({}, database_.Handle(family), ToSlice(key), &pinned);
    if (status.IsNotFound()) return std::nullopt;
    if (!status.ok()) ThrowAt(status, family, key, "cannot read");
    return std::string(database_.Unseal(family, key, ToView(pinned)));
  }

  void SetSavepoint() override {
    CheckActive("set a savepoint");
    CheckNotBulk("set a savepoint");
    txn_->SetSavePoint();
  }

  void RollbackToSavepoint() override {
    CheckActive("roll back to a savepoint");
    Check(txn_->RollbackToSavePoint(), database_.folder(), "cannot roll back to a savepoint");
  }

  void ReleaseSavepoint() override {
    CheckActive("release a savepoint");
    Check(txn_->PopSavePoint(), database_.folder(), "cannot release a savepoint");
  }

  void Prepare(const std::string& name, bool sync) override;
  void Commit(bool sync) override;
  void Rollback() override;
  void Abandon() override;
  const std::string& name() const override { return name_; }

 private:
  enum class State {
    kActive,
    kPrepared,
    kCommitTried,    // prepared; the log may hold a commit marker, so a rollback would lie
    kRollbackTried,  // prepared; the same with a rollback marker
    kEnded,
  };
  using End = rocksdb::Status (rocksdb::Transaction::*)();

  void CheckActive(const char* what) const {
    if (state_ != State::kActive) ThrowState(what);
  }
  void CheckNotBulk(const char* what) const {
    if (!bulk_) return;
    throw Error(ErrorKind::kInvalid,
                database_.folder() + ": cannot " + what + ": the transaction only writes");
  }
  [[noreturn]] void ThrowState(const char* what) const;
  [[noreturn]] void ThrowAt(const rocksdb::Status& status, Family family, std::string_view key,
                            const char* what) const {
    Throw(status, database_.Where(family, key), what);
  }
  void SetSync(bool sync) {
    rocksdb::WriteOptions options;
    options.sync = sync;
    txn_->SetWriteOptions(options);
  }
  rocksdb::Status EndPrepared(End end);
  void RollbackQuietly() noexcept;
  void ReserveName() noexcept;

  Database& database_;
  std::string name_;
  State state_ = State::kActive;
  bool bulk_ = false;
  std::unique_ptr<rocksdb::Transaction> txn_;
};

void RocksTransaction::ThrowState(const char* what) const {
  static constexpr const char* kStates[] = {"active", "prepared", "half committed",
                                            "half rolled back", "at its end"};
  throw Error(ErrorKind::kInvalid, database_.folder() + ": cannot " + what +
                                       ": the transaction is " + kStates[static_cast<int>(state_)]);
}

void RocksTransaction::Prepare(const std::string& name, bool sync) {
  CheckActive("prepare");
  if (name.empty() || name.size() > kMaxNameBytes) {
    throw Error(ErrorKind::kInvalid, "the name of a prepared transaction has 1 to 512 bytes");
  }
  if (database_.IsReserved(name)) {
    throw Error(ErrorKind::kInvalid, database_.folder() + ": a transaction named " + name +
                                         " was left for the next open");
  }
  const auto lock = database_.LockForWriting();
  if (txn_->GetName().empty()) {
    Check(txn_->SetName(name), database_.folder(), "cannot name a transaction");
  } else if (txn_->GetName() != name) {
    throw Error(ErrorKind::kInvalid, "the transaction is named " + txn_->GetName() + " already");
  }
  SetSync(sync);
  const rocksdb::Status status = txn_->Prepare();
  name_ = name;
  if (!status.ok()) {
    // The log may hold the record all the same; the next open would hand it out.
    state_ = State::kEnded;
    ReserveName();
    txn_.reset();
    Throw(status, database_.folder(), "cannot prepare");
  }
  state_ = State::kPrepared;
}

// Commits or rolls back what was prepared. A failure leaves it prepared, to be tried again: RocksDB
// has no such path, so the marker it began is removed and the state put back by hand.
rocksdb::Status RocksTransaction::EndPrepared(End end) {
  if (bulk_ && end == &rocksdb::Transaction::Commit) {  // which copies the batch
    constexpr size_t kMarker = 1024;
    Reserve(txn_->GetWriteBatch()->GetWriteBatch()->GetDataSize() + kMarker,
            txn_->GetCommitTimeWriteBatch());
  }
  const rocksdb::Status status = (txn_.get()->*end)();
  if (status.ok()) {
    state_ = State::kEnded;
    txn_.reset();
  } else {
    txn_->GetCommitTimeWriteBatch()->Clear();
    txn_->SetState(rocksdb::Transaction::PREPARED);
  }
  return status;
}

void RocksTransaction::Commit(bool sync) {
  if (state_ == State::kEnded || state_ == State::kRollbackTried) ThrowState("commit");
  const auto lock = database_.LockForWriting();
  SetSync(sync);
  database_.written().given += txn_->GetWriteBatch()->GetWriteBatch()->GetDataSize();
  if (state_ == State::kActive) {
    state_ = State::kEnded;
    const rocksdb::Status status = txn_->Commit();
    txn_.reset();
    Check(status, database_.folder(), "cannot commit");
    return;
  }
  state_ = State::kCommitTried;
  Check(EndPrepared(&rocksdb::Transaction::Commit), database_.folder(), "cannot commit");
}

void RocksTransaction::Rollback() {
  if (state_ == State::kEnded || state_ == State::kCommitTried) ThrowState("roll back");
  if (state_ == State::kActive) {
    state_ = State::kEnded;
    txn_.reset();
    return;
  }
  const auto lock = database_.LockForWriting();
  SetSync(false);
  state_ = State::kRollbackTried;
  Check(EndPrepared(&rocksdb::Transaction::Rollback), database_.folder(), "cannot roll back");
}

void RocksTransaction::RollbackQuietly() noexcept {
  try {
    Rollback();
  } catch (const std::exception&) {
  }
}

void RocksTransaction::Abandon() {
  if (state_ == State::kActive || state_ == State::kEnded) ThrowState("abandon");
  ReserveName();
  state_ = State::kEnded;
  txn_.reset();  // without Rollback, RocksDB leaves the record in the log
}

void RocksTransaction::ReserveName() noexcept {
  if (name_.empty()) return;
  try {
    database_.Reserve(name_);
  } catch (const std::bad_alloc&) {
    // Then a second transaction could take the name; the caller's names are numbers that only grow.
  }
}

}  // namespace

std::unique_ptr<Transaction> NewTransaction(Database* database) {
  if (database->read_only()) database->LockForWriting().unlock();  // says why not
  return std::make_unique<RocksTransaction>(database);
}

std::unique_ptr<Transaction> NewBulkTransaction(Database* database, size_t bytes) {
  if (database->read_only()) database->LockForWriting().unlock();  // says why not
  return std::make_unique<RocksTransaction>(database, bytes);
}

std::vector<std::unique_ptr<Transaction>> PreparedTransactions(Database* database) {
  std::vector<rocksdb::Transaction*> prepared;
  database->rocks().GetAllPreparedTransactions(&prepared);
  std::vector<std::unique_ptr<Transaction>> transactions;
  transactions.reserve(prepared.size());
  for (rocksdb::Transaction* txn : prepared) {
    transactions.push_back(std::make_unique<RocksTransaction>(database, txn));
  }
  return transactions;
}

}  // namespace semblance::storage
