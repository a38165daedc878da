#include "engine/training_log.h"

#include <cmath>
#include <ctime>
#include <limits>
#include <nlohmann/json.hpp>

#include "engine/error.h"
#include "engine/families.h"
#include "storage/keys.h"

namespace semblance::engine {
namespace {

constexpr std::string_view kRunPrefix = "run/";
constexpr std::string_view kMetricPrefix = "metric/";

std::string RunKey(uint64_t run) {
  std::string key(kRunPrefix);
  storage::AppendU64(&key, run);
  return key;
}

std::string MetricKey(uint64_t run, uint64_t sequence) {
  std::string key(kMetricPrefix);
  storage::AppendU64(&key, run);
  storage::AppendU64(&key, sequence);
  return key;
}

// JSON has no NaN: what was not measured is left out.
void PutNumber(nlohmann::json* json, const char* name, double value) {
  if (std::isfinite(value)) (*json)[name] = value;
}

double GetNumber(const nlohmann::json& json, const char* name) {
  return json.value(name, std::numeric_limits<double>::quiet_NaN());
}

nlohmann::json Parse(std::string_view text) {
  auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object())
    throw Error(ErrorKind::kCorruption, "a record of a training run is damaged");
  return json;
}

}  // namespace

std::string NowUtc() {
  const std::time_t now = std::time(nullptr);
  std::tm utc;
  gmtime_r(&now, &utc);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
  return text;
}

uint64_t TrainingLog::Begin(const RunInfo& info) {
  RunInfo started = info;
  for (auto cursor = store_->Scan(kRuns, kRunPrefix); cursor->Valid(); cursor->Next()) {
    std::string_view key = cursor->Key().substr(kRunPrefix.size());
    started.run = storage::TakeU64(&key);
  }
  ++started.run;
  started.started = NowUtc();
  started.status = "running";
  Update(started);
  return started.run;
}

void TrainingLog::Update(const RunInfo& info) {
  const nlohmann::json json = {{"name", info.name},         {"base", info.base},
                               {"query", info.query},       {"options", info.options},
                               {"status", info.status},     {"started", info.started},
                               {"finished", info.finished}, {"error", info.error}};
  auto transaction = store_->Begin();
  // A message may quote bytes of the user's that are no UTF-8.
  transaction->Put(kRuns, RunKey(info.run),
                   json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  transaction->Commit(false);
}

void TrainingLog::Append(uint64_t run, uint64_t sequence, const training::Report& report) {
  nlohmann::json json = {
      {"phase", report.phase}, {"step", report.step}, {"total_steps", report.total_steps}};
  PutNumber(&json, "epoch", report.epoch);
  PutNumber(&json, "loss", report.loss);
  PutNumber(&json, "learning_rate", report.learning_rate);
  PutNumber(&json, "alignment", report.alignment);
  PutNumber(&json, "uniformity", report.uniformity);
  PutNumber(&json, "anisotropy", report.anisotropy);
  PutNumber(&json, "dev_spearman", report.dev_spearman);
  PutNumber(&json, "retrieval", report.retrieval);
  if (!report.by_tags.empty()) json["by_tags"] = report.by_tags;
  PutNumber(&json, "sentences_per_second", report.sentences_per_second);
  PutNumber(&json, "eta_seconds", report.eta_seconds);
  auto transaction = store_->Begin();
  // Tags may be bytes of the user's that are no UTF-8.
  transaction->Put(kRuns, MetricKey(run, sequence),
                   json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  transaction->Commit(false);
}

void TrainingLog::RemoveReports(uint64_t run, uint64_t sequence) {
  std::string prefix(kMetricPrefix);
  storage::AppendU64(&prefix, run);
  auto transaction = store_->Begin();
  auto cursor = store_->Scan(kRuns, prefix);
  for (cursor->Seek(MetricKey(run, sequence)); cursor->Valid(); cursor->Next()) {
    transaction->Delete(kRuns, cursor->Key());
  }
  transaction->Commit(false);
}

std::vector<RunInfo> TrainingLog::Runs() const {
  std::vector<RunInfo> runs;
  for (auto cursor = store_->Scan(kRuns, kRunPrefix); cursor->Valid(); cursor->Next()) {
    std::string_view key = cursor->Key().substr(kRunPrefix.size());
    const auto json = Parse(cursor->Value());
    RunInfo info;
    info.run = storage::TakeU64(&key);
    info.name = json.value("name", "");
    info.base = json.value("base", "");
    info.query = json.value("query", "");
    info.options = json.value("options", "");
    info.status = json.value("status", "");
    info.started = json.value("started", "");
    info.finished = json.value("finished", "");
    info.error = json.value("error", "");
    runs.push_back(std::move(info));
  }
  return runs;
}

std::vector<Metric> TrainingLog::Metrics() const {
  std::vector<Metric> metrics;
  for (auto cursor = store_->Scan(kRuns, kMetricPrefix); cursor->Valid(); cursor->Next()) {
    std::string_view key = cursor->Key().substr(kMetricPrefix.size());
    const auto json = Parse(cursor->Value());
    Metric metric;
    metric.run = storage::TakeU64(&key);
    metric.sequence = storage::TakeU64(&key);
    metric.report.phase = json.value("phase", "");
    metric.report.step = json.value("step", int64_t{0});
    metric.report.total_steps = json.value("total_steps", int64_t{0});
    metric.report.epoch = GetNumber(json, "epoch");
    metric.report.loss = GetNumber(json, "loss");
    metric.report.learning_rate = GetNumber(json, "learning_rate");
    metric.report.alignment = GetNumber(json, "alignment");
    metric.report.uniformity = GetNumber(json, "uniformity");
    metric.report.anisotropy = GetNumber(json, "anisotropy");
    metric.report.dev_spearman = GetNumber(json, "dev_spearman");
    metric.report.retrieval = GetNumber(json, "retrieval");
    metric.report.by_tags = json.value("by_tags", "");
    metric.report.sentences_per_second = GetNumber(json, "sentences_per_second");
    metric.report.eta_seconds = GetNumber(json, "eta_seconds");
    metrics.push_back(std::move(metric));
  }
  return metrics;
}

}  // namespace semblance::engine
