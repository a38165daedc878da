#include "sql_ext/connection.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "engine/error.h"
#include "engine/process_id.h"
#include "sql_ext/statement.h"

namespace semblance::sql {

Connection::Opened& Connection::OpenedFor(const std::string& schema) {
  const char* name = sqlite3_db_filename(db_, schema.c_str());
  const std::string file = name == nullptr ? "" : name;
  Opened& opened = opened_[schema];
  // An attached name may have been detached and given to another file since.
  if (opened.file != file) opened = {file, nullptr, nullptr};
  if (process_ != engine::ProcessId() && (opened.shared || opened.in_memory)) {
    throw engine::Error(engine::ErrorKind::kForked,
                        "this connection was opened by the process that has made this one by "
                        "fork(): open one of its own here");
  }
  if (!file.empty() && !opened.shared) opened.shared = engine::FileDatabase::Of(file);
  return opened;
}

std::shared_ptr<engine::Database> Connection::DatabaseToRead(const std::string& schema, Look look) {
  Opened& opened = OpenedFor(schema);
  if (!opened.shared) return opened.in_memory;
  using Touch = engine::FileDatabase::Touch;
  const bool read_only = sqlite3_db_readonly(db_, schema.c_str()) == 1;
  return opened.shared->UseToRead(read_only ? Touch::kNo : Touch::kYes, look);
}

std::shared_ptr<engine::Database> Connection::DatabaseOf(const std::string& schema,
                                                         engine::FileDatabase::Create create) {
  Opened& opened = OpenedFor(schema);
  if (!opened.shared) {
    if (!opened.in_memory && create == engine::FileDatabase::Create::kYes) {
      opened.in_memory = engine::Database::OpenInMemory();
    }
    return opened.in_memory;
  }
  if (sqlite3_db_readonly(db_, schema.c_str()) == 1) {
    throw engine::Error(engine::ErrorKind::kReadOnly, "the database is opened to be read only");
  }
  const auto started = std::chrono::steady_clock::now();
  while (true) {
    try {
      return opened.shared->Use(create);
    } catch (const storage::Error& error) {
      if (error.kind() != storage::ErrorKind::kLockHeld || Interrupted() || BlocksWriter(schema) ||
          std::chrono::steady_clock::now() - started >= BusyTimeout()) {
        throw;
      }
    }
  }
}

// Outside of WAL mode a writer, which has the store, waits at its commit until no reader is there.
bool Connection::BlocksWriter(const std::string& schema) {
  if (sqlite3_txn_state(db_, schema.c_str()) == SQLITE_TXN_WRITE) return false;
  Statement pragma(db_, "PRAGMA " + Quoted(schema) + ".journal_mode");
  return pragma.Step() && pragma.Text(0) != "wal";
}

std::chrono::milliseconds Connection::BusyTimeout() {
  Statement pragma(db_, "PRAGMA busy_timeout");
  return std::chrono::milliseconds(pragma.Step() ? pragma.Int(0) : 0);
}

std::optional<engine::View> Connection::Remembered(const std::string& schema, uint64_t collection,
                                                   uint64_t commit) {
  Opened& opened = OpenedFor(schema);
  return opened.shared ? opened.shared->Remembered(collection, commit) : std::nullopt;
}

std::shared_ptr<const engine::ModelRegistry> Connection::Models() {
  const auto database = DatabaseToRead("main");
  if (!database) return built_in_models_;
  return {database, &database->models()};
}

const encoder::Encoder& Connection::EncoderOf(const std::string& model_id) {
  constexpr size_t kKept = 4;
  const auto models = Models();
  const encoder::Precision precision =
      encoder::ComputedIn(models->PrecisionOf(model_id).precision());
  for (auto kept = encoders_.begin(); kept != encoders_.end(); ++kept) {
    if (kept->first != model_id || kept->second->computed_in() != precision) continue;
    encoders_.splice(encoders_.begin(), encoders_, kept);
    return *encoders_.front().second;
  }
  encoders_.emplace_front(model_id, models->EncoderById(model_id, precision));
  if (encoders_.size() > kKept) encoders_.pop_back();
  return *encoders_.front().second;
}

const std::vector<float>& Connection::Embed(const std::string& model_id,
                                            const encoder::Encoder& encoder,
                                            std::string_view text) {
  constexpr size_t kRemembered = 512;
  std::string key = model_id + ' ';
  key += encoder::PrecisionName(encoder.computed_in());
  key += '\0';
  key += text;
  if (const auto known = embedded_.find(key); known != embedded_.end()) return known->second;
  std::vector<float> vector = encoder.Encode({&text, 1}, [this] { return Interrupted(); });
  if (embedded_.size() >= kRemembered) embedded_.clear();
  return embedded_.emplace(std::move(key), std::move(vector)).first->second;
}

// No statement may be asked here whether somebody has interrupted: SQLite is within its COMMIT.
void Connection::StandBack() {
  using Clock = std::chrono::steady_clock;
  constexpr std::chrono::milliseconds kLookAgain{20};
  for (const auto& waiting : std::exchange(stand_back_for_, {})) {
    const auto next_write = [&] {
      const auto collection = waiting.lock();
      return collection ? collection->NextWrite() : Clock::time_point::min();
    };
    const auto most = next_write();
    for (auto until = most; until > Clock::now(); until = std::min(most, next_write()))
      std::this_thread::sleep_until(std::min(until, Clock::now() + kLookAgain));
  }
}

// A running interrupt makes every statement of the connection fail, this one too; it was there
// before sqlite3_is_interrupted (3.41) was.
bool Connection::Interrupted() {
  try {
    Statement(db_, "SELECT 1").Step();
    return false;
  } catch (const std::exception&) {
    return true;
  }
}

void Connection::ThrowIfInterrupted() {
  if (Interrupted()) throw engine::Error(engine::ErrorKind::kInterrupted, "interrupted");
}

}  // namespace semblance::sql
