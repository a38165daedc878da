// What was trained in a database: runs and their reports, in family runs.
//
// Threads: any. A run is written as it goes on, so that other connections can follow it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/training/trainer.h"
#include "storage/store.h"

namespace semblance::engine {

struct RunInfo {
  uint64_t run = 0;
  std::string name;     // of the model it makes
  std::string base;     // model it started from; empty: none
  std::string query;    // the training query
  std::string options;  // JSON, all options in force
  std::string status;   // "running", "done", "interrupted", "failed"; "running" without a living
                        // process: killed
  std::string started;  // UTC, ISO 8601
  std::string finished;
  std::string error;
};

struct Metric {
  uint64_t run = 0;
  uint64_t sequence = 0;
  training::Report report;
};

class TrainingLog {
 public:
  explicit TrainingLog(std::shared_ptr<storage::Store> store) : store_(std::move(store)) {}
  uint64_t Begin(const RunInfo& info);  // gives the run's number; sets started and status "running"
  void Update(const RunInfo& info);     // replaces the record of info.run
  void Append(uint64_t run, uint64_t sequence, const training::Report& report);
  // Removes the run's reports from `sequence` on: those it made after its last checkpoint.
  void RemoveReports(uint64_t run, uint64_t sequence);
  std::vector<RunInfo> Runs() const;
  std::vector<Metric> Metrics() const;  // by run, then sequence

 private:
  const std::shared_ptr<storage::Store> store_;
};

// UTC now as ISO 8601, to the second.
std::string NowUtc();

}  // namespace semblance::engine
