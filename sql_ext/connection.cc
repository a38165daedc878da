#include "sql_ext/connection.h"

#include "sql_ext/statement.h"

namespace semblance::sql {

std::shared_ptr<engine::Database> Connection::DatabaseOf(const std::string& schema,
                                                         engine::Database::Create create) {
  const char* name = sqlite3_db_filename(db_, schema.c_str());
  const std::string file = name == nullptr ? "" : name;
  // An attached name may have been detached and given to another file since.
  const auto found = opened_.find(schema);
  if (found != opened_.end() && found->second.file == file) return found->second.database;
  std::shared_ptr<engine::Database> database;
  if (!file.empty()) {
    database = engine::Database::Open(file, create);
  } else if (create == engine::Database::Create::kYes) {
    database = engine::Database::OpenInMemory();
  }
  if (database != nullptr) opened_[schema] = {file, database};
  return database;
}

const engine::ModelRegistry& Connection::Models() {
  const auto database = DatabaseOf("main", engine::Database::Create::kNo);
  return database ? database->models() : built_in_models_;
}

const encoder::Encoder& Connection::EncoderOf(const std::string& model_id) {
  constexpr size_t kKept = 4;
  for (auto kept = encoders_.begin(); kept != encoders_.end(); ++kept) {
    if (kept->first != model_id) continue;
    encoders_.splice(encoders_.begin(), encoders_, kept);
    return *encoders_.front().second;
  }
  encoders_.emplace_front(model_id, Models().EncoderById(model_id));
  if (encoders_.size() > kKept) encoders_.pop_back();
  return *encoders_.front().second;
}

const std::vector<float>& Connection::Embed(const std::string& model_id,
                                            const encoder::Encoder& encoder,
                                            std::string_view text) {
  constexpr size_t kRemembered = 512;
  std::string key = model_id + '\0';
  key += text;
  if (const auto known = embedded_.find(key); known != embedded_.end()) return known->second;
  std::vector<float> vector = encoder.Encode({&text, 1}, [this] { return Interrupted(); });
  if (embedded_.size() >= kRemembered) embedded_.clear();
  return embedded_.emplace(std::move(key), std::move(vector)).first->second;
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

}  // namespace semblance::sql
