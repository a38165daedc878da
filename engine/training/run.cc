#include "engine/training/run.h"

#include <chrono>
#include <cmath>
#include <limits>
#include <new>

#include "engine/training/batches.h"
#include "engine/training/learner_module.h"
#include "engine/training/measures.h"
#include "engine/training/model_files.h"
#include "engine/training/prepare.h"
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
// Pairs of vectors grow with the square.
constexpr size_t kUniformityTexts = 1024;

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

// One pass over batches, epoch after epoch; knows how many steps there will be.
class BatchStream {
 public:
  BatchStream(const Corpus& corpus, size_t first, const Options& options, double epochs)
      : corpus_(corpus), first_(first) {
    plan_.batch = static_cast<size_t>(options.batch);
    plan_.seed = static_cast<uint64_t>(options.seed);
    plan_.shuffle = options.shuffle;
    NextEpoch();
    if (batches_.empty()) {
      throw Error(ErrorKind::kInvalid, "training needs at least two different rows with text");
    }
    epoch_steps_ = static_cast<double>(batches_.size());
    total_ = std::max<int64_t>(1, std::llround(epochs * epoch_steps_));
    if (options.max_steps > 0) total_ = std::min(total_, options.max_steps);
  }

  int64_t total() const { return total_; }
  double epoch(int64_t step) const { return static_cast<double>(step) / epoch_steps_; }
  const std::vector<uint32_t>& Next() {
    if (at_ >= batches_.size()) NextEpoch();
    return batches_[at_++];
  }

 private:
  void NextEpoch() {
    batches_ = PlanEpoch(corpus_, first_, epoch_++, plan_);
    at_ = 0;
  }

  const Corpus& corpus_;
  size_t first_;
  BatchPlanOptions plan_;
  std::vector<std::vector<uint32_t>> batches_;
  size_t at_ = 0;
  int epoch_ = 0;
  double epoch_steps_ = 1;
  int64_t total_ = 0;
};

class Run : public TrainingRun {
 public:
  explicit Run(const TrainingInputs& inputs)
      : rows_(inputs.rows), dev_(inputs.dev), options_(ParseOptions(inputs.options_json)) {
    if (inputs.base != nullptr) {
      base_ = std::make_unique<encoder::ModelPackage>(*inputs.base);
      AdoptBase(*base_, &options_);
    }
    ResolveOptions(rows_->columns(), &options_);
  }

  bool Next(Report* report, const std::function<bool()>& cancel) override {
    return Translated([&] { return NextStage(report, cancel); });
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
  bool NextStage(Report* report, const std::function<bool()>& cancel) {
    *report = Report();
    report->alignment = report->uniformity = report->dev_spearman = kNotMeasured;
    switch (stage_) {
      case Stage::kPrepare:
        RunPreparation(report, cancel);
        return true;
      case Stage::kMlm:
      case Stage::kTrain:
        RunSteps(report, cancel);
        return true;
      case Stage::kDone:
        report->phase = "done";
        report->step = report->total_steps = batches_->total();
        report->epoch = batches_->epoch(batches_->total());
        report->loss = last_loss_;
        report->dev_spearman = best_score_ > -2 ? best_score_ : kNotMeasured;
        report->alignment = last_alignment_;
        report->uniformity = last_uniformity_;
        report->sentences_per_second = last_rate_;
        stage_ = Stage::kOver;
        return true;
      case Stage::kOver:
        break;
    }
    return false;
  }

  void RunPreparation(Report* report, const std::function<bool()>& cancel) {
    const Clock::time_point start = Clock::now();
    prepared_ = Prepare(rows_, base_.get(), options_, cancel);
    const Corpus& corpus = *prepared_.corpus;
    options_.vocab_size = prepared_.shape.vocabulary;
    const bool masks =
        options_.objective == "mlm" || options_.mlm_epochs > 0 || options_.mlm_weight > 0;
    if (masks && prepared_.tokenizer->special_ids().mask < 0) {
      throw Error(ErrorKind::kInvalid,
                  "the base model's tokenizer has no mask token, which mlm needs");
    }
    if (dev_.empty() && corpus.rows() >= kRowsForHoldingOut) held_out_ = kHeldOutRows;
    for (const ScoredPair& pair : dev_) {
      for (const std::string* text : {&pair.a, &pair.b}) {
        dev_ids_.push_back(
            prepared_.tokenizer->Encode(*text, static_cast<uint32_t>(options_.max_length)));
      }
    }
    learner_ = LoadLearnerModule().create(prepared_.shape, prepared_.weights, options_);
    prepared_.weights.clear();
    const bool warm_up = options_.mlm_epochs > 0 && options_.objective != "mlm";
    BeginPhase(warm_up ? Stage::kMlm : Stage::kTrain);
    report->phase = "tokenizer";
    report->step = report->total_steps = static_cast<int64_t>(corpus.rows());
    const double texts = static_cast<double>(corpus.rows()) * corpus.columns();
    report->sentences_per_second = texts / std::max(Seconds(start), 1e-9);
  }

  void BeginPhase(Stage stage) {
    stage_ = stage;
    step_ = 0;
    measured_at_ = 0;
    const double epochs = stage == Stage::kMlm ? options_.mlm_epochs : options_.epochs;
    batches_ = std::make_unique<BatchStream>(*prepared_.corpus, held_out_, options_, epochs);
    phase_start_ = Clock::now();
  }

  void RunSteps(Report* report, const std::function<bool()>& cancel) {
    const Clock::time_point start = Clock::now();
    const int64_t total = batches_->total();
    double loss_sum = 0, sentences = 0;
    int64_t steps = 0;
    do {
      if (cancel && cancel()) throw Error(ErrorKind::kInterrupted, "training was interrupted");
      const double rate = options_.lr * ScheduleFactor(step_, total, options_.warmup);
      const std::vector<uint32_t>& rows = batches_->Next();
      const double loss = Step(rows, rate);
      ++step_;
      if (!std::isfinite(loss)) {
        throw Error(ErrorKind::kInvalid, "the loss is not a number at step " +
                                             std::to_string(step_) +
                                             "; lower lr or raise temperature");
      }
      report->learning_rate = rate;
      loss_sum += loss;
      sentences += static_cast<double>(rows.size()) * std::max(prepared_.corpus->columns(), 2);
      ++steps;
    } while (step_ < total && step_ % options_.report_every != 0);

    report->phase = stage_ == Stage::kMlm ? "mlm" : "train";
    report->step = step_;
    report->total_steps = total;
    report->epoch = batches_->epoch(step_);
    report->loss = last_loss_ = loss_sum / static_cast<double>(steps);
    report->sentences_per_second = last_rate_ = sentences / std::max(Seconds(start), 1e-9);
    report->eta_seconds =
        Seconds(phase_start_) / static_cast<double>(step_) * static_cast<double>(total - step_);
    const bool over = step_ >= total;
    if (over || step_ - measured_at_ >= options_.eval_every) Measure(report);
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
    if (only_masked || options_.mlm_weight > 0) {
      std::vector<TokenIds> sentences;
      for (const uint32_t row : rows) {
        for (int column = 0; column < corpus.columns(); ++column)
          sentences.push_back(corpus.text(row, column));
      }
      masked = MaskTokens(sentences, options_.mlm_rate, prepared_.tokenizer->special_ids(),
                          prepared_.tokenizer->vocabulary_size(), &mask_random_);
    }
    if (only_masked) return learner_->MaskedStep(masked, learning_rate);
    ContrastiveRows batch;
    for (const uint32_t row : rows) {
      batch.anchors.push_back(corpus.text(row, 0));
      batch.positives.push_back(corpus.text(row, corpus.columns() > 1 ? 1 : 0));
      if (corpus.columns() > 2) batch.negatives.push_back(corpus.text(row, 2));
    }
    batch.masked = options_.mlm_weight > 0 ? &masked : nullptr;
    return learner_->ContrastiveStep(batch, learning_rate);
  }

  void Measure(Report* report) {
    measured_at_ = step_;
    if (dev_.empty()) {
      MeasureRows(report);
    } else {
      MeasureDev(report);
    }
    last_alignment_ = report->alignment;
    last_uniformity_ = report->uniformity;
  }

  // Rows kept out of training, or those there are when they are few. A single column is its own
  // positive under dropout.
  void MeasureRows(Report* report) {
    const Corpus& corpus = *prepared_.corpus;
    const size_t count = held_out_ > 0 ? held_out_ : std::min(corpus.rows(), kHeldOutRows);
    std::vector<TokenIds> first, second;
    for (size_t row = 0; row < count; ++row) {
      first.push_back(corpus.text(row, 0));
      second.push_back(corpus.text(row, corpus.columns() > 1 ? 1 : 0));
    }
    const bool single = corpus.columns() == 1;
    const size_t dimension = static_cast<size_t>(prepared_.shape.hidden);
    report->alignment =
        Alignment(learner_->Embed(first, single), learner_->Embed(second, single), dimension);
    report->uniformity = Uniformity(learner_->Embed(first, false), dimension);
  }

  void MeasureDev(Report* report) {
    const size_t dimension = static_cast<size_t>(prepared_.shape.hidden);
    const std::vector<TokenIds> texts(dev_ids_.begin(), dev_ids_.end());
    const std::vector<float> vectors = learner_->Embed(texts, false);
    double highest = -std::numeric_limits<double>::infinity();
    for (const ScoredPair& pair : dev_) highest = std::max(highest, pair.score);
    std::vector<double> cosines, scores;
    std::vector<float> left, right;
    for (size_t i = 0; i < dev_.size(); ++i) {
      const float* a = &vectors[2 * i * dimension];
      const float* b = a + dimension;
      cosines.push_back(Cosine(a, b, dimension));
      scores.push_back(dev_[i].score);
      if (dev_[i].score < 0.8 * highest) continue;  // the paper: gold of 4 and more out of 5
      left.insert(left.end(), a, a + dimension);
      right.insert(right.end(), b, b + dimension);
    }
    report->dev_spearman = Spearman(cosines, scores);
    report->alignment = Alignment(left, right, dimension);
    const size_t texts_taken = std::min(texts.size(), kUniformityTexts);
    report->uniformity = Uniformity({vectors.data(), texts_taken * dimension}, dimension);
    if (stage_ == Stage::kTrain && report->dev_spearman > best_score_) {
      best_score_ = report->dev_spearman;
      best_ = learner_->Snapshot();
    }
  }

  RowSource* const rows_;
  const std::vector<ScoredPair> dev_;
  Options options_;
  std::unique_ptr<encoder::ModelPackage> base_;

  Stage stage_ = Stage::kPrepare;
  Prepared prepared_;
  std::unique_ptr<Learner> learner_;
  std::unique_ptr<BatchStream> batches_;
  Random mask_random_{static_cast<uint64_t>(options_.seed), kMaskStream};
  std::vector<std::vector<int32_t>> dev_ids_;  // a and b of each pair in turn
  size_t held_out_ = 0;                        // the first rows of the corpus
  int64_t step_ = 0;                           // of the phase
  int64_t measured_at_ = 0;
  Clock::time_point phase_start_;
  double best_score_ = -3;  // below every correlation
  Weights best_;            // at best_score_; empty while there is none
  double last_loss_ = kNotMeasured, last_alignment_ = kNotMeasured, last_uniformity_ = kNotMeasured;
  double last_rate_ = 0;
};

}  // namespace

std::unique_ptr<TrainingRun> StartRun(const TrainingInputs& inputs) {
  return Translated([&]() -> std::unique_ptr<TrainingRun> {
    if (inputs.rows == nullptr) throw Error(ErrorKind::kInvalid, "training needs rows");
    return std::make_unique<Run>(inputs);
  });
}

}  // namespace semblance::training
