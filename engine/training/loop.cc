#include "engine/training/loop.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/encoder/error.h"
#include "engine/training/masking.h"
#include "engine/training/schedule.h"

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

Progress NothingDone() {
  Progress progress;
  progress.best_score = -3;  // below every correlation
  progress.loss = progress.alignment = progress.uniformity = progress.anisotropy =
      progress.retrieval = kNotMeasured;
  return progress;
}

void NothingMeasured(Report* report) {
  *report = Report();
  report->alignment = report->uniformity = report->anisotropy = report->dev_spearman =
      report->retrieval = kNotMeasured;
}

}  // namespace

Loop::Loop(const Task& task, const Weights& weights, LearnerFactory factory, LoopState* from,
           Report* report)
    : task_(task),
      options_(task.options),
      held_out_(task.dev.scores.empty() && task.corpus->rows() >= kRowsForHoldingOut ? kHeldOutRows
                                                                                     : 0),
      views_(*task.corpus, task.options, task.special, task.vocabulary_size),
      learner_(factory(task.shape, weights, task.options)),
      mask_random_(static_cast<uint64_t>(task.options.seed), kMaskStream),
      progress_(NothingDone()) {
  NothingMeasured(report);
  if (from != nullptr) {
    GoOn(from, report);
    return;
  }
  report->phase = "tokenizer";
  report->step = report->total_steps = static_cast<int64_t>(task.corpus->rows());
  if (options_.objective == "none") {
    Report measured;
    NothingMeasured(&measured);
    Measure(&measured);
    stage_ = Stage::kDone;
    return;
  }
  const bool warm_up = options_.mlm_epochs > 0 && options_.objective != "mlm";
  BeginPhase(warm_up ? Stage::kMlm : Stage::kTrain);
}

bool Loop::Next(Report* report, const std::function<bool()>& cancel) {
  NothingMeasured(report);
  if (stage_ == Stage::kOver) return false;
  if (stage_ == Stage::kDone) {
    ReportTheEnd(report);
    stage_ = Stage::kOver;
  } else {
    RunSteps(report, cancel);
  }
  return true;
}

LoopState Loop::Save() {
  unsaved_steps_ = 0;
  LoopState state = {progress_, learner_->Save(), best_};
  state.progress.phase = PhaseName();
  state.progress.batches = batches_->position();
  state.progress.seconds += Seconds(phase_start_);
  state.progress.masks = mask_random_.position();
  return state;
}

void Loop::ReportTheEnd(Report* report) const {
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

void Loop::BeginPhase(Stage stage) {
  stage_ = stage;
  progress_.step = 0;
  progress_.seconds = 0;
  const double epochs = stage == Stage::kMlm ? options_.mlm_epochs : options_.epochs;
  batches_ = std::make_unique<BatchStream>(
      *task_.corpus, held_out_, epochs, options_.max_steps,
      BatchPlanOptions{static_cast<size_t>(options_.batch), static_cast<uint64_t>(options_.seed),
                       options_.shuffle, options_.no_duplicates});
  phase_start_ = Clock::now();
}

void Loop::GoOn(LoopState* from, Report* report) {
  BeginPhase(from->progress.phase == "mlm" ? Stage::kMlm : Stage::kTrain);
  progress_ = from->progress;
  batches_->Seek(progress_.batches);
  mask_random_.Seek(progress_.masks);
  best_ = std::move(from->best);
  learner_->Restore(from->learner);
  report->phase = "resume";
  report->step = progress_.step;
  report->total_steps = batches_->total();
  report->epoch = batches_->epoch(progress_.step);
}

// To the next report: after report_every steps, where there is something to measure, at the end.
void Loop::RunSteps(Report* report, const std::function<bool()>& cancel) {
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
      throw Error(ErrorKind::kInvalid, "the loss is not a number at step " + std::to_string(step) +
                                           "; lower lr or raise temperature");
    }
    report->learning_rate = rate;
    loss_sum += loss;
    sentences += static_cast<double>(rows.size()) * std::max(task_.corpus->columns(), 2);
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

double Loop::Step(const std::vector<uint32_t>& rows, double learning_rate) {
  const Corpus& corpus = *task_.corpus;
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
    masked = MaskTokens(sentences, options_.mlm_rate, task_.special, task_.vocabulary_size,
                        &mask_random_);
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
    views = views_.Of(rows, progress_.step, learner_.get());
    batch.positives.assign(views.begin(), views.end());
  }
  batch.masked = options_.mlm_weight > 0 ? &masked : nullptr;
  return learner_->ContrastiveStep(batch, learning_rate);
}

void Loop::Measure(Report* report) {
  const auto dimension = static_cast<size_t>(task_.shape.hidden);
  if (task_.dev.scores.empty()) {
    const size_t count = held_out_ > 0 ? held_out_ : std::min(task_.corpus->rows(), kHeldOutRows);
    MeasureRows(*task_.corpus, count, dimension, learner_.get(), report);
  } else {
    MeasureDev(task_.dev, dimension, learner_.get(), report);
  }
  progress_.alignment = report->alignment;
  progress_.uniformity = report->uniformity;
  progress_.anisotropy = report->anisotropy;
  if (!task_.tagged.first.empty()) {
    MeasureTagged(task_.tagged, dimension, learner_.get(), report);
    progress_.retrieval = report->retrieval;
    progress_.by_tags = report->by_tags;
  }
  if (stage_ != Stage::kTrain || task_.dev.scores.empty()) return;
  ++progress_.without_better;
  if (report->dev_spearman > progress_.best_score) {
    progress_.best_score = report->dev_spearman;
    progress_.without_better = 0;
    best_ = learner_->Snapshot();
  }
}

}  // namespace semblance::training
