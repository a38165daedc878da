#include "sql_ext/train_session.h"

#include <exception>
#include <nlohmann/json.hpp>
#include <utility>

#include "engine/crash_point.h"
#include "engine/error.h"
#include "engine/trainer_loader.h"
#include "sql_ext/guard.h"

namespace semblance::sql {
namespace {

using Json = nlohmann::json;

constexpr char kExample[] = R"('{"name":"my-model","base":"default","epochs":1}')";

// Takes a text out of the options.
std::optional<std::string> TakeText(Json* options, const char* key) {
  const auto found = options->find(key);
  if (found == options->end() || found->is_null()) {
    options->erase(key);
    return std::nullopt;
  }
  if (!found->is_string()) {
    ThrowInvalid(ErrorKind::kOption, "training option \"" + std::string(key) +
                                         "\" must be a string, not " + found->dump());
  }
  std::string text = found->get<std::string>();
  options->erase(key);
  return text;
}

// Takes true, false, 1 or 0 out of the options.
bool TakeFlag(Json* options, const char* key, bool otherwise) {
  const auto found = options->find(key);
  if (found == options->end()) return otherwise;
  if (!found->is_boolean() && *found != 0 && *found != 1) {
    ThrowInvalid(ErrorKind::kOption, "training option \"" + std::string(key) +
                                         "\" must be true or false, not " + found->dump());
  }
  const bool flag = found->is_boolean() ? found->get<bool>() : *found == 1;
  options->erase(key);
  return flag;
}

// One of SQLite's codes for "somebody wants this to stop".
bool IsInterrupt(int code) { return (code & 0xff) == SQLITE_INTERRUPT; }

// The query is kept with the run and with the model, as JSON.
void CheckIsUtf8(const std::string& query) {
  try {
    Json(query).dump();
  } catch (const Json::exception&) {
    ThrowInvalid(
        "the training query must be UTF-8, and has a byte that no character begins or goes "
        "on with; bytes are written x'ff', or char(255) for the character");
  }
}

}  // namespace

TrainArguments ParseTrainArguments(const std::string& json, TrainArguments::Name needed) {
  Json options = Json::parse(json, nullptr, /*allow_exceptions=*/false);
  if (!options.is_object()) {
    ThrowInvalid(ErrorKind::kOption,
                 "semblance_train() expects its options as a JSON object, such as " +
                     std::string(kExample) + ", and received: " + json.substr(0, 80));
  }
  TrainArguments arguments;
  const std::optional<std::string> name = TakeText(&options, "name");
  if (!name && needed == TrainArguments::Name::kNeeded) {
    ThrowInvalid(ErrorKind::kOption,
                 "semblance_train() needs the name of the model to make: " + std::string(kExample));
  }
  if (name) engine::CheckModelName(*name);
  arguments.name = name.value_or("");
  arguments.base = TakeText(&options, "base");
  arguments.dev = TakeText(&options, "dev");
  arguments.eval_pairs = TakeText(&options, "eval_pairs");
  if (TakeFlag(&options, "tags", false)) options["tags"] = arguments.tags = true;
  arguments.resume = TakeFlag(&options, "resume", false);
  arguments.publish = TakeFlag(&options, "publish", true);
  arguments.trainer_options = options.dump();
  return arguments;
}

std::unique_ptr<LoadedInputs> LoadInputs(Connection* connection, const TrainArguments& arguments) {
  auto loaded = std::make_unique<LoadedInputs>();
  training::TrainingInputs& inputs = loaded->inputs;
  if (arguments.dev) inputs.dev = ReadScoredPairs(connection->db(), *arguments.dev);
  if (arguments.eval_pairs) {
    inputs.eval_pairs = ReadTaggedPairs(connection->db(), *arguments.eval_pairs);
  }
  if (arguments.base) {
    const auto models = connection->Models();
    loaded->base = models->Package(models->Find(*arguments.base).id);
    inputs.base = &loaded->base;
  }
  inputs.options_json = arguments.trainer_options;
  return loaded;
}

TrainSession::TrainSession(ConnectionPtr connection, const std::string& query,
                           const std::string& options)
    : connection_(std::move(connection)), arguments_(ParseTrainArguments(options)) {
  sqlite3* const db = connection_->db();
  if (sqlite3_db_readonly(db, "main") == 1) {
    throw engine::Error(engine::ErrorKind::kReadOnly,
                        "a model cannot be trained into a database that is opened read-only");
  }
  CheckIsUtf8(query);
  rows_ = std::make_unique<QueryRows>(db, query, arguments_.tags);
  Start(query);
}

// Not kept: other processes use the store while this one trains.
std::shared_ptr<engine::Database> TrainSession::OpenDatabase() const {
  return connection_->DatabaseOf("main", engine::FileDatabase::Create::kYes);
}

// Waits for as long as it takes: what is to be written now must not be lost.
std::shared_ptr<engine::Database> TrainSession::OpenDatabaseAtLast() const {
  while (true) {
    try {
      return OpenDatabase();
    } catch (const storage::Error& error) {
      if (error.kind() != storage::ErrorKind::kLockHeld || connection_->Interrupted()) throw;
    }
  }
}

void TrainSession::Start(const std::string& query) {
  const auto loaded = LoadInputs(connection_.get(), arguments_);
  training::TrainingInputs& inputs = loaded->inputs;
  inputs.rows = rows_.get();
  const auto checkpoint = arguments_.resume ? FindCheckpoint(query) : std::nullopt;
  if (checkpoint) inputs.checkpoint = &checkpoint->files;
  run_ = engine::StartTraining(inputs);
  if (checkpoint) {
    GoOn(checkpoint->reports);
  } else {
    BeginRun(query);
  }
}

// That of the newest run of the name that has one; its record is in info_ then. Throws kInvalid
// when it had another query.
std::optional<engine::TrainingCheckpoint> TrainSession::FindCheckpoint(const std::string& query) {
  const auto database = OpenDatabase();
  std::optional<engine::RunInfo> newest;
  for (engine::RunInfo& run : database->training_log().Runs()) {
    if (run.name == arguments_.name && database->training_checkpoints().Has(run.run)) {
      newest = std::move(run);
    }
  }
  if (!newest) return std::nullopt;
  if (newest->query != query) {
    ThrowInvalid("run " + std::to_string(newest->run) + " of '" + newest->name +
                 "' cannot go on: its training query was " + newest->query +
                 " -- give that one, or leave out \"resume\" to begin anew");
  }
  info_ = *newest;
  return database->training_checkpoints().Load(info_.run);
}

void TrainSession::BeginRun(const std::string& query) {
  info_.name = arguments_.name;
  info_.base = arguments_.base.value_or("");
  info_.query = query;
  info_.options = run_->ResolvedOptions();
  const auto database = OpenDatabase();
  for (const engine::RunInfo& run : database->training_log().Runs()) {
    if (run.name == info_.name) database->training_checkpoints().Remove(run.run);
  }
  info_.run = database->training_log().Begin(info_);
  info_.started = engine::NowUtc();
}

void TrainSession::GoOn(uint64_t reports) {
  info_.status = "running";
  info_.error = info_.finished = "";
  info_.options = run_->ResolvedOptions();
  reports_ = reports;
  const auto database = OpenDatabase();
  database->training_log().RemoveReports(info_.run, reports_);
  database->training_log().Update(info_);
}

TrainSession::~TrainSession() {
  if (run_ != nullptr && !over_)
    EndQuietly("interrupted", "the statement was reset before its end");
}

bool TrainSession::Next() {
  if (over_) return false;
  try {
    try {
      Work();
      return true;
    } catch (...) {
      rows_->RethrowFailure();
      throw;
    }
  } catch (...) {
    // The first failure is the one to tell; that the log could not be written is not.
    const Failure failure = CurrentFailure();
    const char* message = failure.message == nullptr ? "out of memory" : failure.message.get();
    EndQuietly(IsInterrupt(failure.code) ? "interrupted" : "failed", message);
    throw;
  }
}

void TrainSession::Work() {
  const auto cancel = [this] { return connection_->Interrupted(); };
  const bool more = run_->Next(&report_, cancel);
  if (!more) throw engine::Error(engine::ErrorKind::kCorruption, "the trainer stopped half-way");
  engine::CrashPoint("train:reported");
  if (report_.phase == "done") {
    training::Report none;
    if (run_->Next(&none, cancel)) {
      throw engine::Error(engine::ErrorKind::kCorruption, "the trainer went on after it was done");
    }
    Publish();
    finished_ = true;
    engine::CrashPoint("train:published");
  }
  // What a run that goes on reports of its own start is not of the run.
  if (report_.phase != "resume") waiting_.push_back(report_);
  Log();
  engine::CrashPoint("train:logged");
  if (run_->CheckpointDue()) SaveCheckpoint();
  if (finished_) End("done", "");
}

void TrainSession::Log() {
  try {
    const auto database = finished_ ? OpenDatabaseAtLast() : OpenDatabase();
    for (const training::Report& report : waiting_) {
      database->training_log().Append(info_.run, reports_++, report);
    }
    waiting_.clear();
  } catch (const storage::Error& error) {
    // Another process keeps the store: the run goes on, and this comes with the next report.
    if (error.kind() != storage::ErrorKind::kLockHeld || finished_) throw;
  }
}

void TrainSession::SaveCheckpoint() {
  try {
    const auto database = OpenDatabase();
    if (!waiting_.empty()) return;  // with the next report, when the log has all of them
    database->training_checkpoints().Save(info_.run, {reports_, run_->Checkpoint()});
    engine::CrashPoint("train:saved");
  } catch (const storage::Error& error) {
    // Another process keeps the store: it is due again after the next report.
    if (error.kind() != storage::ErrorKind::kLockHeld) throw;
  }
}

void TrainSession::Publish() {
  info_.options = run_->ResolvedOptions();
  if (!arguments_.publish) return;
  Json record = {{"run", info_.run},
                 {"query", info_.query},
                 {"base", info_.base},
                 {"options", Json::parse(info_.options, nullptr, false)},
                 {"started", info_.started},
                 {"finished", engine::NowUtc()},
                 {"loss", report_.loss},
                 {"alignment", report_.alignment},
                 {"uniformity", report_.uniformity},
                 {"anisotropy", report_.anisotropy},
                 {"dev_spearman", report_.dev_spearman},
                 {"retrieval", report_.retrieval}};
  const Json by_tags = Json::parse(report_.by_tags, nullptr, false);
  if (by_tags.is_object()) record["by_tags"] = by_tags;
  OpenDatabaseAtLast()->models().Register(info_.name, run_->TakeModel(), record.dump());
}

void TrainSession::End(const char* status, const std::string& error) {
  info_.status = status;
  info_.error = error;
  info_.finished = engine::NowUtc();
  over_ = true;
  const auto database = finished_ ? OpenDatabaseAtLast() : OpenDatabase();
  database->training_log().Update(info_);
  if (finished_) database->training_checkpoints().Remove(info_.run);
}

void TrainSession::EndQuietly(const char* status, const std::string& error) noexcept {
  if (over_) return;
  try {
    End(status, error);
  } catch (const std::exception&) {
    over_ = true;  // the run stays "running" in the log, as after a kill
  }
}

}  // namespace semblance::sql
