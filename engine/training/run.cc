#include "engine/training/run.h"

#include <chrono>
#include <cmath>
#include <limits>
#include <new>

#include "engine/training/augment.h"
#include "engine/training/batch_stream.h"
#include "engine/training/checkpoint.h"
#include "engine/training/evaluation.h"
#include "engine/training/learner_module.h"
#include "engine/training/model_files.h"
#include "engine/training/prepare.h"
#include "engine/training/schedule.h"
#include "engine/training/tag_evaluation.h"

namespace semblance::training {
namespace {

using encoder::Error;
using encoder::ErrorKind;
using Clock = std::chrono::steady_clock;

constexpr double kNotMeasured = std::numeric_limits<double>::quiet_NaN();
constexpr uint64_t kMaskStream = 0x6d61736b;
// Without dev pairs, alignment and uniformity are taken on rows kept out of training.
constexpr size_t kHeldOutRows = 256;
constexpr size_t kRowsForHoldingOut = 1000;

double Seconds(Clock::time_point since) {
  return std::chrono::duration<double>(Clock::now() - since).count();
}

// LibTorch appends a stack trace to its messages.
std::string FirstLine(const std::string& text) { return text.substr(0, text.find('\n')); }

// Runs `work`; what is not an encoder::Error becomes one.
template <typename Work>
auto Translated(const Work& work) -> decltype(work()) {
  try {
    return work();
  } catch (const Error&) {
    throw;
  } catch (const std::bad_alloc&) {
    throw Error(ErrorKind::kInvalid,
                "training ran out of memory; lower batch, max_length or vocab_size");
  } catch (const std::exception& error) {
    throw Error(ErrorKind::kInvalid, "training failed: " + FirstLine(error.what()));
  }
}

enum class Stage { kPrepare, kMlm, kTrain, kDone, kOver };

Progress NothingDone() {
  Progress progress;
  progress.best_score = -3;  // below every correlation
  progress.loss = progress.alignment = progress.uniformity = progress.anisotropy =
      progress.retrieval = kNotMeasured;
  return progress;
}

class Run : public TrainingRun {
 public:
  explicit Run(const TrainingInputs& inputs)
      : rows_(inputs.rows),
        dev_pairs_(inputs.dev),
        eval_pairs_(inputs.eval_pairs),
        options_(ParseOptions(inputs.options_json)) {
    if (options_.tags != rows_->tagged()) {
      throw Error(ErrorKind::kOption,
                  "option \"tags\" and the rows disagree about whether they have tags");
    }
    if (inputs.base != nullptr) {
      base_ = std::make_unique<encoder::ModelPackage>(*inputs.base);
      AdoptBase(*base_, &options_);
    }
    ResolveOptions(rows_->columns(), &options_);
    if (options_.patience > 0 && dev_pairs_.empty()) {
      throw Error(
          ErrorKind::kInvalid,
          "patience waits for a better dev Spearman: give a \"dev\" query, or leave it out");
    }
    beginning_ = {OptionsToJson(options_), base_ != nullptr ? base_->Id() : "", HashOf(dev_pairs_),
                  HashOf(eval_pairs_), ""};
    if (inputs.checkpoint == nullptr) return;
    resumed_ = std::make_unique<training::Checkpoint>(ReadCheckpoint(*inputs.checkpoint));
    CheckSame(resumed_->beginning, beginning_);
  }

  bool Next(Report* report, const std::function<bool()>& cancel) override {
    return Translated([&] { return NextStage(report, cancel); });
  }

  bool CheckpointDue() const override {
    return (stage_ == Stage::kMlm || stage_ == Stage::kTrain) && options_.checkpoint_every > 0 &&
           unsaved_steps_ >= options_.checkpoint_every;
  }

  encoder::ModelPackage Checkpoint() override {
    return Translated([&] {
      if (stage_ != Stage::kMlm && stage_ != Stage::kTrain) {
        throw Error(ErrorKind::kInvalid, "the training run is not between two steps");
      }
      unsaved_steps_ = 0;
      Progress progress = progress_;
      progress.phase = PhaseName();
      progress.batches = batches_->position();
      progress.seconds += Seconds(phase_start_);
      progress.masks = mask_random_.position();
      return WriteCheckpoint(
          {beginning_, progress, learner_->Save(), best_, prepared_.tokenizer_files});
    });
  }

  encoder::ModelPackage TakeModel() override {
    return Translated([&] {
      if (stage_ != Stage::kOver)
        throw Error(ErrorKind::kInvalid, "the training run is not complete");
      encoder::ModelPackage package = prepared_.tokenizer_files;
      AddNetworkFiles(prepared_.shape, best_.empty() ? learner_->Snapshot() : best_, options_,
                      &package);
      return package;
    });
  }

  std::string ResolvedOptions() const override { return OptionsToJson(options_); }

 private:
  const char* PhaseName() const { return stage_ == Stage::kMlm ? "mlm" : "train"; }

  bool NextStage(Report* report, const std::function<bool()>& cancel) {
    *report = Report();
    report->alignment = report->uniformity = report->anisotropy = report->dev_spearman =
        report->retrieval = kNotMeasured;
    switch (stage_) {
      case Stage::kPrepare:
        RunPreparation(report, cancel);
        return true;
      case Stage::kMlm:
      case Stage::kTrain:
        RunSteps(report, cancel);
        return true;
      case Stage::kDone:
        ReportTheEnd(report);
        stage_ = Stage::kOver;
        return true;
      case Stage::kOver:
        break;
    }
    return false;
  }

  void ReportTheEnd(Report* report) {
    report->phase = "done";
    report->step = progress_.step;
    if (batches_ != nullptr) {
      report->total_steps = batches_->total();
      report->epoch = batches_->epoch(progress_.step);
    }
    report->loss = progress_.loss;
    report->dev_spearman = best_.empty() ? kNotMeasured : progress_.best_score;
    report->alignment = progress_.alignment;
    report->uniformity = progress_.uniformity;
    report->anisotropy = progress_.anisotropy;
    report->retrieval = progress_.retrieval;
    report->by_tags = progress_.by_tags;
    report->sentences_per_second = progress_.sentences_per_second;
  }

  void RunPreparation(Report* report, const std::function<bool()>& cancel) {
    const Clock::time_point start = Clock::now();
    prepared_ = Prepare(rows_, base_.get(), resumed_ != nullptr ? &resumed_->tokenizer : nullptr,
                        options_, cancel);
    const Corpus& corpus = *prepared_.corpus;
    const encoder::Tokenizer& tokenizer = *prepared_.tokenizer;
    options_.vocab_size = prepared_.shape.vocabulary;
    const bool masks = options_.objective == "mlm" || options_.mlm_epochs > 0 ||
                       options_.mlm_weight > 0 || options_.augment == "mlm";
    if (masks && tokenizer.special_ids().mask < 0) {
      throw Error(ErrorKind::kInvalid,
                  "the base model's tokenizer has no mask token, which mlm needs");
    }
    beginning_.rows = HashOf(corpus);
    if (resumed_ != nullptr) CheckSame(resumed_->beginning, beginning_);
    if (dev_pairs_.empty() && corpus.rows() >= kRowsForHoldingOut) held_out_ = kHeldOutRows;
    Encode(tokenizer);
    views_ = std::make_unique<Views>(corpus, options_, tokenizer.special_ids(),
                                     tokenizer.vocabulary_size());
    learner_ = LoadLearnerModule().create(prepared_.shape, prepared_.weights, options_);
    prepared_.weights.clear();
    const double texts = static_cast<double>(corpus.rows()) * corpus.columns();
    report->sentences_per_second = texts / std::max(Seconds(start), 1e-9);
    if (resumed_ != nullptr) {
      GoOn(report);
      return;
    }
    report->phase = "tokenizer";
    report->step = report->total_steps = static_cast<int64_t>(corpus.rows());
    if (options_.objective == "none") {
      Report measured;
      stage_ = Stage::kTrain;
      Measure(&measured);
      stage_ = Stage::kDone;
      return;
    }
    const bool warm_up = options_.mlm_epochs > 0 && options_.objective != "mlm";
    BeginPhase(warm_up ? Stage::kMlm : Stage::kTrain);
  }

  // The pairs to measure with.
  void Encode(const encoder::Tokenizer& tokenizer) {
    const auto ids = [&](const std::string& text) {
      return tokenizer.Encode(text, static_cast<uint32_t>(options_.max_length));
    };
    for (const ScoredPair& pair : dev_pairs_) {
      dev_.ids.push_back(ids(pair.a));
      dev_.ids.push_back(ids(pair.b));
      dev_.scores.push_back(pair.score);
    }
    for (const TaggedPair& pair : eval_pairs_) {
      tagged_.first.push_back(ids(pair.a));
      tagged_.second.push_back(ids(pair.b));
      tagged_.first_tags.push_back(pair.tag_a);
      tagged_.second_tags.push_back(pair.tag_b);
    }
  }

  void BeginPhase(Stage stage) {
    stage_ = stage;
    progress_.step = 0;
    progress_.seconds = 0;
    const double epochs = stage == Stage::kMlm ? options_.mlm_epochs : options_.epochs;
    batches_ = std::make_unique<BatchStream>(
        *prepared_.corpus, held_out_, epochs, options_.max_steps,
        BatchPlanOptions{static_cast<size_t>(options_.batch), static_cast<uint64_t>(options_.seed),
                         options_.shuffle, options_.no_duplicates});
    phase_start_ = Clock::now();
  }

  // Takes everything from the checkpoint, which is gone then.
  void GoOn(Report* report) {
    BeginPhase(resumed_->progress.phase == "mlm" ? Stage::kMlm : Stage::kTrain);
    progress_ = resumed_->progress;
    batches_->Seek(progress_.batches);
    mask_random_.Seek(progress_.masks);
    best_ = std::move(resumed_->best);
    learner_->Restore(resumed_->learner);
    resumed_.reset();
    report->phase = "resume";
    report->step = progress_.step;
    report->total_steps = batches_->total();
    report->epoch = batches_->epoch(progress_.step);
  }

  // To the next report: after report_every steps, where there is something to measure, at the end.
  void RunSteps(Report* report, const std::function<bool()>& cancel) {
    const Clock::time_point start = Clock::now();
    const int64_t total = batches_->total();
    int64_t& step = progress_.step;
    double loss_sum = 0, sentences = 0;
    int64_t steps = 0;
    do {
      if (cancel && cancel()) throw Error(ErrorKind::kInterrupted, "training was interrupted");
      const double rate = options_.lr * ScheduleFactor(step, total, options_.warmup);
      const std::vector<uint32_t>& rows = batches_->Next();
      const double loss = Step(rows, rate);
      ++step;
      ++unsaved_steps_;
      if (!std::isfinite(loss)) {
        throw Error(ErrorKind::kInvalid, "the loss is not a number at step " +
                                             std::to_string(step) +
                                             "; lower lr or raise temperature");
      }
      report->learning_rate = rate;
      loss_sum += loss;
      sentences += static_cast<double>(rows.size()) * std::max(prepared_.corpus->columns(), 2);
      ++steps;
    } while (step < total && step % options_.report_every != 0 && step % options_.eval_every != 0);

    report->phase = PhaseName();
    report->step = step;
    report->total_steps = total;
    report->epoch = batches_->epoch(step);
    report->loss = progress_.loss = loss_sum / static_cast<double>(steps);
    report->sentences_per_second = progress_.sentences_per_second =
        sentences / std::max(Seconds(start), 1e-9);
    report->eta_seconds = (progress_.seconds + Seconds(phase_start_)) / static_cast<double>(step) *
                          static_cast<double>(total - step);
    bool over = step >= total;
    if (over || step % options_.eval_every == 0) {
      Measure(report);
      over = over || (stage_ == Stage::kTrain && options_.patience > 0 &&
                      progress_.without_better >= options_.patience);
    }
    if (!over) return;
    if (stage_ == Stage::kMlm) {
      BeginPhase(Stage::kTrain);
    } else {
      stage_ = Stage::kDone;
    }
  }

  double Step(const std::vector<uint32_t>& rows, double learning_rate) {
    const Corpus& corpus = *prepared_.corpus;
    const bool only_masked = stage_ == Stage::kMlm || options_.objective == "mlm";
    MaskedSentences masked;
    std::vector<Corpus::Row> read;
    for (const uint32_t row : rows) read.push_back(corpus.row(row));
    if (only_masked || options_.mlm_weight > 0) {
      std::vector<TokenIds> sentences;
      for (const Corpus::Row& row : read) {
        for (int column = 0; column < corpus.columns(); ++column)
          sentences.push_back(row.text(column));
      }
      masked = MaskTokens(sentences, options_.mlm_rate, prepared_.tokenizer->special_ids(),
                          prepared_.tokenizer->vocabulary_size(), &mask_random_);
    }
    if (only_masked) return learner_->MaskedStep(masked, learning_rate);
    ContrastiveRows batch;
    std::vector<std::vector<int32_t>> views;
    for (const Corpus::Row& row : read) {
      batch.anchors.push_back(row.text(0));
      if (corpus.columns() > 1) batch.positives.push_back(row.text(1));
      if (corpus.columns() > 2) batch.negatives.push_back(row.text(2));
    }
    if (corpus.columns() == 1) {
      views = views_->Of(rows, progress_.step, learner_.get());
      batch.positives.assign(views.begin(), views.end());
    }
    batch.masked = options_.mlm_weight > 0 ? &masked : nullptr;
    return learner_->ContrastiveStep(batch, learning_rate);
  }

  void Measure(Report* report) {
    const auto dimension = static_cast<size_t>(prepared_.shape.hidden);
    if (dev_.scores.empty()) {
      const size_t count =
          held_out_ > 0 ? held_out_ : std::min(prepared_.corpus->rows(), kHeldOutRows);
      MeasureRows(*prepared_.corpus, count, dimension, learner_.get(), report);
    } else {
      MeasureDev(dev_, dimension, learner_.get(), report);
    }
    progress_.alignment = report->alignment;
    progress_.uniformity = report->uniformity;
    progress_.anisotropy = report->anisotropy;
    if (!tagged_.first.empty()) {
      MeasureTagged(tagged_, dimension, learner_.get(), report);
      progress_.retrieval = report->retrieval;
      progress_.by_tags = report->by_tags;
    }
    if (stage_ != Stage::kTrain || dev_.scores.empty()) return;
    ++progress_.without_better;
    if (report->dev_spearman > progress_.best_score) {
      progress_.best_score = report->dev_spearman;
      progress_.without_better = 0;
      best_ = learner_->Snapshot();
    }
  }

  RowSource* const rows_;
  const std::vector<ScoredPair> dev_pairs_;
  const std::vector<TaggedPair> eval_pairs_;
  Options options_;
  std::unique_ptr<encoder::ModelPackage> base_;
  Beginning beginning_;
  std::unique_ptr<training::Checkpoint> resumed_;  // until the first step

  Stage stage_ = Stage::kPrepare;
  Prepared prepared_;
  DevSet dev_;
  TaggedSet tagged_;
  size_t held_out_ = 0;  // the first rows of the corpus
  std::unique_ptr<Views> views_;
  std::unique_ptr<Learner> learner_;
  std::unique_ptr<BatchStream> batches_;
  Random mask_random_{static_cast<uint64_t>(options_.seed), kMaskStream};
  // step and what was last reported; phase, batches and masks are filled in for a checkpoint.
  Progress progress_ = NothingDone();
  int64_t unsaved_steps_ = 0;
  Clock::time_point phase_start_;
  Weights best_;  // at progress_.best_score; empty while there is none
};

}  // namespace

std::unique_ptr<TrainingRun> StartRun(const TrainingInputs& inputs) {
  return Translated([&]() -> std::unique_ptr<TrainingRun> {
    if (inputs.rows == nullptr) throw Error(ErrorKind::kInvalid, "training needs rows");
    return std::make_unique<Run>(inputs);
  });
}

}  // namespace semblance::training
