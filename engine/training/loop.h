// The steps of a run, from token ids and first weights to the last weights: phases, reports,
// measurements, the best weights so far. Needs no tokenizer, no JSON and no file format: what
// stands before and behind it is run.h in a database, and tools/trainer on a machine that has
// LibTorch only.
//
// Threads: one. Errors: encoder::Error, and LibTorch's and the standard library's, which
// translated.h makes encoder::Errors.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "engine/encoder/tokenizer.h"
#include "engine/training/augment.h"
#include "engine/training/batch_stream.h"
#include "engine/training/corpus.h"
#include "engine/training/evaluation.h"
#include "engine/training/learner.h"
#include "engine/training/options.h"
#include "engine/training/random.h"
#include "engine/training/tag_evaluation.h"
#include "engine/training/trainer.h"

namespace semblance::training {

// What there is to train, all of it known.
struct Task {
  Options options;  // resolved
  NetworkShape shape;
  encoder::SpecialIds special;   // of the tokenizer
  uint32_t vocabulary_size = 0;  // of the tokenizer
  std::unique_ptr<Corpus> corpus;
  DevSet dev;
  TaggedSet tagged;
};

using LearnerFactory = std::unique_ptr<Learner> (*)(const NetworkShape&, const Weights&,
                                                    const Options&);

// How far a loop is.
struct Progress {
  std::string phase;  // "mlm" or "train"
  int64_t step = 0;   // of the phase, as are the next two
  BatchStream::Position batches;
  double seconds = 0;
  uint64_t masks = 0;  // numbers drawn for masking
  double best_score = 0;
  int64_t without_better = 0;  // measurements since best_score
  // Of the last report that had them.
  double loss = 0, alignment = 0, uniformity = 0, anisotropy = 0, retrieval = 0,
         sentences_per_second = 0;
  std::string by_tags;
};

// All that a loop is between two steps.
struct LoopState {
  Progress progress;
  LearnerState learner;
  Weights best;  // empty while there is none
};

class Loop {
 public:
  // `task` outlives it. `report` gets the first one: phase "tokenizer", or "resume" where `from` is
  // given, which is taken.
  Loop(const Task& task, const Weights& weights, LearnerFactory factory, LoopState* from,
       Report* report);

  // To the next report: after report_every steps, where there is something to measure, at the end
  // (phase "done"). False when that was made. `cancel` is polled between steps; true throws
  // kInterrupted.
  bool Next(Report* report, const std::function<bool()>& cancel);

  bool training() const { return stage_ == Stage::kMlm || stage_ == Stage::kTrain; }
  bool complete() const { return stage_ == Stage::kOver; }
  int64_t unsaved_steps() const { return unsaved_steps_; }
  LoopState Save();  // between two steps
  // The best by the dev score; the last without dev pairs.
  Weights Result() const { return best_.empty() ? learner_->Snapshot() : best_; }

 private:
  using Clock = std::chrono::steady_clock;
  enum class Stage { kMlm, kTrain, kDone, kOver };

  const char* PhaseName() const { return stage_ == Stage::kMlm ? "mlm" : "train"; }
  void BeginPhase(Stage stage);
  void GoOn(LoopState* from, Report* report);
  void RunSteps(Report* report, const std::function<bool()>& cancel);
  double Step(const std::vector<uint32_t>& rows, double learning_rate);
  void Measure(Report* report);
  void ReportTheEnd(Report* report) const;

  const Task& task_;
  const Options& options_;
  const size_t held_out_;  // the first rows of the corpus
  const Views views_;
  const std::unique_ptr<Learner> learner_;

  Stage stage_ = Stage::kTrain;
  std::unique_ptr<BatchStream> batches_;
  Random mask_random_;
  // step and what was last reported; phase, batches and masks are filled in by Save.
  Progress progress_;
  int64_t unsaved_steps_ = 0;
  Clock::time_point phase_start_;
  Weights best_;  // at progress_.best_score; empty while there is none
};

}  // namespace semblance::training
