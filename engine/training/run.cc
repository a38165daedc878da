#include "engine/training/run.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "engine/training/checkpoint.h"
#include "engine/training/learner_module.h"
#include "engine/training/loop.h"
#include "engine/training/model_files.h"
#include "engine/training/prepared_task.h"
#include "engine/training/translated.h"

namespace semblance::training {
namespace {

using encoder::Error;
using encoder::ErrorKind;
using Clock = std::chrono::steady_clock;

class Run : public TrainingRun {
 public:
  explicit Run(const TrainingInputs& inputs) : inputs_(inputs), options_(OptionsFor(inputs)) {
    if (inputs.base != nullptr) {
      base_ = std::make_unique<encoder::ModelPackage>(*inputs.base);
      inputs_.base = base_.get();
    }
    beginning_ = {OptionsToJson(options_), base_ != nullptr ? base_->Id() : "", HashOf(inputs.dev),
                  HashOf(inputs.eval_pairs), ""};
    inputs_.checkpoint = nullptr;
    if (inputs.checkpoint == nullptr) return;
    resumed_ = std::make_unique<training::Checkpoint>(ReadCheckpoint(*inputs.checkpoint));
    CheckSame(resumed_->beginning, beginning_);
  }

  bool Next(Report* report, const std::function<bool()>& cancel) override {
    return Translated([&] {
      if (loop_ != nullptr) return loop_->Next(report, cancel);
      Begin(report, cancel);
      return true;
    });
  }

  bool CheckpointDue() const override {
    return loop_ != nullptr && loop_->training() && options_.checkpoint_every > 0 &&
           loop_->unsaved_steps() >= options_.checkpoint_every;
  }

  encoder::ModelPackage Checkpoint() override {
    return Translated([&] {
      if (loop_ == nullptr || !loop_->training()) {
        throw Error(ErrorKind::kInvalid, "the training run is not between two steps");
      }
      return WriteCheckpoint({beginning_, loop_->Save(), prepared_.tokenizer_files});
    });
  }

  encoder::ModelPackage TakeModel() override {
    return Translated([&] {
      if (loop_ == nullptr || !loop_->complete()) {
        throw Error(ErrorKind::kInvalid, "the training run is not complete");
      }
      encoder::ModelPackage package = prepared_.tokenizer_files;
      AddNetworkFiles(prepared_.task.shape, loop_->Result(), options_, &package);
      return package;
    });
  }

  std::string ResolvedOptions() const override { return OptionsToJson(options_); }

 private:
  // Reads the rows, up to the first report.
  void Begin(Report* report, const std::function<bool()>& cancel) {
    const Clock::time_point start = Clock::now();
    prepared_ = PrepareTask(inputs_, options_, resumed_ != nullptr ? &resumed_->tokenizer : nullptr,
                            cancel);
    options_ = prepared_.task.options;
    const Corpus& corpus = *prepared_.task.corpus;
    beginning_.rows = HashOf(corpus);
    if (resumed_ != nullptr) CheckSame(resumed_->beginning, beginning_);
    loop_ = std::make_unique<Loop>(prepared_.task, prepared_.weights, LoadLearnerModule().create,
                                   resumed_ != nullptr ? &resumed_->loop : nullptr, report);
    prepared_.weights.clear();
    resumed_.reset();
    const double texts = static_cast<double>(corpus.rows()) * corpus.columns();
    const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    report->sentences_per_second = texts / std::max(seconds, 1e-9);
  }

  TrainingInputs inputs_;
  Options options_;
  std::unique_ptr<encoder::ModelPackage> base_;
  Beginning beginning_;
  std::unique_ptr<training::Checkpoint> resumed_;  // until the first step
  PreparedTask prepared_;
  std::unique_ptr<Loop> loop_;  // of prepared_, once that is there
};

}  // namespace

std::unique_ptr<TrainingRun> StartRun(const TrainingInputs& inputs) {
  return Translated([&]() -> std::unique_ptr<TrainingRun> {
    if (inputs.rows == nullptr) throw Error(ErrorKind::kInvalid, "training needs rows");
    return std::make_unique<Run>(inputs);
  });
}

}  // namespace semblance::training
