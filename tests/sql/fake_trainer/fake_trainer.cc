// A libsemblance_torch.so that learns nothing and does what its options say, so that
// semblance_train can be tested without LibTorch, and where real training would have to be caught
// at the right moment:
//
//   reports   how many reports come before "done" (2)
//   fail_at   the report (from 1) in whose place it throws; 0: none
//   wait_at   the report in whose place it waits until it is told to stop; 0: none
//   save_at   the report after which a checkpoint is due; 0: none
//
// Its model is the base model. `step` of a report is the number of training rows, `total_steps` of
// scored pairs, `loss` the columns; what else it could measure it did not.

#include <limits>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "engine/training/trainer.h"

namespace semblance::training {
namespace {

class FakeRun : public TrainingRun {
 public:
  explicit FakeRun(const TrainingInputs& inputs)
      : rows_(inputs.rows),
        options_(inputs.options_json),
        pairs_(inputs.dev.size()),
        tagged_pairs_(inputs.eval_pairs.size()) {
    const auto options = nlohmann::json::parse(options_);
    reports_ = options.value("reports", 2);
    fail_at_ = options.value("fail_at", 0);
    wait_at_ = options.value("wait_at", 0);
    if (inputs.base == nullptr) {
      throw encoder::Error(encoder::ErrorKind::kInvalid, "the fake trainer needs a base");
    }
    model_ = *inputs.base;
    save_at_ = options.value("save_at", 0);
    if (inputs.checkpoint == nullptr) return;
    resumed_ = true;
    made_ = std::stoi(std::string(inputs.checkpoint->File("made")));
    saved_ = made_ >= save_at_;
  }

  bool Next(Report* report, const std::function<bool()>& cancel) override {
    if (made_ > reports_) return false;
    if (read_ == 0) ReadRows();
    if (resumed_) {
      resumed_ = false;
      Fill("resume", report);
      return true;
    }
    ++made_;
    if (made_ == fail_at_) {
      throw encoder::Error(encoder::ErrorKind::kInvalid, "the fake trainer was told to fail");
    }
    while (made_ == wait_at_ || cancel()) {
      if (cancel()) throw encoder::Error(encoder::ErrorKind::kInterrupted, "was told to stop");
    }
    Fill(made_ > reports_ ? "done" : "train", report);
    return true;
  }

  bool CheckpointDue() const override { return !saved_ && save_at_ > 0 && made_ >= save_at_; }
  encoder::ModelPackage Checkpoint() override {
    saved_ = true;
    encoder::ModelPackage files;
    files.Add("made", std::to_string(made_));
    return files;
  }

  encoder::ModelPackage TakeModel() override { return model_; }
  std::string ResolvedOptions() const override { return options_; }

 private:
  void Fill(const char* phase, Report* report) const {
    *report = Report();
    report->phase = phase;
    report->step = read_;
    report->total_steps = static_cast<int64_t>(pairs_);
    report->loss = rows_->columns();
    report->alignment = report->uniformity = report->anisotropy = report->dev_spearman =
        report->retrieval = std::numeric_limits<double>::quiet_NaN();
    if (tagged_pairs_ > 0) report->retrieval = static_cast<double>(tagged_pairs_);
  }

  // What the rows throw arrives as the trainer's own error, as from the real one.
  void ReadRows() {
    std::vector<std::string> row;
    try {
      while (rows_->Next(&row)) ++read_;
    } catch (const std::exception& error) {
      throw encoder::Error(encoder::ErrorKind::kInvalid, std::string("wrapped: ") + error.what());
    }
  }

  RowSource* const rows_;
  const std::string options_;
  const size_t pairs_;
  const size_t tagged_pairs_;
  encoder::ModelPackage model_;
  int reports_ = 0, fail_at_ = 0, wait_at_ = 0, save_at_ = 0, made_ = 0;
  bool resumed_ = false, saved_ = false;
  int64_t read_ = 0;
};

}  // namespace
}  // namespace semblance::training

extern "C" __attribute__((visibility("default"))) std::unique_ptr<semblance::training::TrainingRun>
semblance_trainer_factory(const semblance::training::TrainingInputs& inputs) {
  return std::make_unique<semblance::training::FakeRun>(inputs);
}
