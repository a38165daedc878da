// Training a sentence encoder, one report at a time. This header is what the rest of the engine
// sees of libsemblance_torch.so: no LibTorch type stands in it, and the module is reached through
// `semblance_trainer_factory` (loaded with dlopen on first use by engine/trainer_loader.h).
//
// Threads: a TrainingRun belongs to one thread. Errors: encoder::Error, naming the option and what
// it may be.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/encoder/model_package.h"

namespace semblance::training {

// Where training text comes from; read once, from beginning to end, before the first step.
class RowSource {
 public:
  virtual ~RowSource() = default;
  virtual int columns() const = 0;  // 1: sentences; 2: pairs; 3: pairs with a hard negative
  // Whether each row says of its first and of its second text what it is: a language, a domain.
  virtual bool tagged() const { return false; }
  // False at the end. `row` gets columns() texts and, where it is tagged(), two tags, which may be
  // empty. Rows with a NULL or empty text are skipped by the source.
  virtual bool Next(std::vector<std::string>* row) = 0;
};

struct ScoredPair {
  std::string a, b;
  double score;
};

// A positive pair that is measured and not trained on.
struct TaggedPair {
  std::string a, b;
  std::string tag_a, tag_b;  // empty: none
};

// Every option that semblance_train's JSON knows, in training/options.cc with names, ranges and
// defaults.
struct Report {
  std::string phase;  // "tokenizer" or, of a run that goes on, "resume"; "mlm", "train", "done"
  int64_t step = 0;   // within the phase
  int64_t total_steps = 0;
  double epoch = 0;
  double loss = 0;  // mean since the last report
  double learning_rate = 0;
  // NaN where not measured:
  double alignment = 0;
  double uniformity = 0;
  double anisotropy = 0;    // mean cosine of pairs of different texts
  double dev_spearman = 0;  // -1 .. 1
  double retrieval = 0;     // 0 .. 1, of the held-out pairs
  std::string by_tags;      // JSON: the same by their tags (evaluation.h); empty: not measured
  double sentences_per_second = 0;
  double eta_seconds = 0;
};

class TrainingRun {
 public:
  virtual ~TrainingRun() = default;
  // Works until the next report is due and fills it; false when the run is complete (the last
  // report had phase "done"). `cancel` is polled between steps: true throws kInterrupted; nothing
  // is published by a run that did not complete.
  virtual bool Next(Report* report, const std::function<bool()>& cancel) = 0;
  // The finished model with the best dev score seen (or the last weights without dev pairs); valid
  // after Next gave false.
  virtual encoder::ModelPackage TakeModel() = 0;
  // Whether the run shall be saved now (option checkpoint_every); asked between two calls of Next.
  virtual bool CheckpointDue() const = 0;
  // All that the run is, as files: a run that begins with them goes on from here, and ends as this
  // one will.
  virtual encoder::ModelPackage Checkpoint() = 0;
  // The options in force, all of them, as JSON: what the training record keeps.
  virtual std::string ResolvedOptions() const = 0;
};

struct TrainingInputs {
  RowSource* rows = nullptr;                    // outlives the run
  std::vector<ScoredPair> dev;                  // STS-like pairs; empty: no dev score
  std::vector<TaggedPair> eval_pairs;           // empty: retrieval is not measured
  const encoder::ModelPackage* base = nullptr;  // start from this model; nullptr: a new one
  // Go on from what Checkpoint() gave; nullptr: from the beginning. Rows, dev, eval_pairs, base and
  // options must be those that the run began with, report_every and checkpoint_every apart;
  // kInvalid, naming what differs, if they are not.
  const encoder::ModelPackage* checkpoint = nullptr;
  std::string options_json;  // an object; unknown keys are an error with the nearest valid name
};

using TrainerFactory = std::unique_ptr<TrainingRun> (*)(const TrainingInputs&);
using CorpusExporter = uint64_t (*)(const TrainingInputs&, const std::string& path,
                                    const std::function<bool()>& cancel);

}  // namespace semblance::training

// One of the two symbols that libsemblance_torch.so exports.
extern "C" std::unique_ptr<semblance::training::TrainingRun> semblance_trainer_factory(
    const semblance::training::TrainingInputs& inputs);
// The other: reads all rows and writes a training as a file (corpus_file.h); gives the rows.
extern "C" uint64_t semblance_export_corpus(const semblance::training::TrainingInputs& inputs,
                                            const std::string& path,
                                            const std::function<bool()>& cancel);
