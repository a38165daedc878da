// One call of semblance_train, from its arguments to the published model.
//
// The model is registered when the report "done" is made, and not before: an error, an interrupt or
// a statement that is reset earlier leaves no model, only a run that says so in semblance_runs, and
// its last checkpoint. With "resume" a run of the same name and with the same query and options
// goes on from there; without it such a checkpoint is removed.
//
// Threads: as the connection.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/training_log.h"
#include "sql_ext/connection.h"
#include "sql_ext/register.h"
#include "sql_ext/train_query.h"

namespace semblance::sql {

// The JSON of semblance_train, taken apart.
struct TrainArguments {
  std::string name;                       // of the model to make
  std::optional<std::string> base;        // model to start from
  std::optional<std::string> dev;         // query of a, b, score
  std::optional<std::string> eval_pairs;  // query of a, b, or a, b, tag of a, tag of b
  bool tags = false;                      // the training query's last two columns are tags
  bool resume = false;                    // go on where the last run of that name was stopped
  bool publish = true;                    // false: the run is measured, and its model thrown away
  std::string trainer_options;            // JSON object: the rest

  enum class Name { kNeeded, kOptional };
};
// Throws kInvalid saying what was expected.
TrainArguments ParseTrainArguments(const std::string& json,
                                   TrainArguments::Name name = TrainArguments::Name::kNeeded);

// What of a training comes from the database, but for its rows.
struct LoadedInputs {
  encoder::ModelPackage base;
  training::TrainingInputs inputs;  // points to base
};
std::unique_ptr<LoadedInputs> LoadInputs(Connection* connection, const TrainArguments& arguments);

class TrainSession {
 public:
  // Checks everything that can be checked before the work begins. Throws kInvalid, kNotFound (base
  // model, LibTorch module), kReadOnly.
  TrainSession(ConnectionPtr connection, const std::string& query, const std::string& options);
  ~TrainSession();
  TrainSession(const TrainSession&) = delete;
  TrainSession& operator=(const TrainSession&) = delete;

  // Works until the next report; false when there is none any more. Throws; the run is over then.
  bool Next();
  const training::Report& report() const { return report_; }
  // Whether the model has been published, under name().
  bool published() const { return finished_ && arguments_.publish; }
  const std::string& name() const { return info_.name; }

 private:
  void Start(const std::string& query);
  std::optional<engine::TrainingCheckpoint> FindCheckpoint(const std::string& query);
  void BeginRun(const std::string& query);
  void GoOn(uint64_t reports);
  void Work();
  void Log();
  void SaveCheckpoint();
  std::shared_ptr<engine::Database> OpenDatabase() const;
  std::shared_ptr<engine::Database> OpenDatabaseAtLast() const;
  void Publish();
  void End(const char* status, const std::string& error);
  void EndQuietly(const char* status, const std::string& error) noexcept;

  // Constant after construction
  const ConnectionPtr connection_;
  const TrainArguments arguments_;
  std::unique_ptr<QueryRows> rows_;  // outlives run_
  std::unique_ptr<training::TrainingRun> run_;

  engine::RunInfo info_;
  training::Report report_;
  std::vector<training::Report> waiting_;  // not in the log yet
  uint64_t reports_ = 0;                   // in the log
  bool finished_ = false;                  // the model, if it is to be kept, is there
  bool over_ = false;                      // the log has the end of the run
};

}  // namespace semblance::sql
