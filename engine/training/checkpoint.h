// A training run between two reports as a set of files, with which another process goes on:
//
//   checkpoint.json                  what the run was begun with (hashes of rows and dev pairs) and
//                                    how far it is
//   weights.safetensors              Learner's weights, f32
//   first.safetensors, second.safetensors   AdamW's moments
//   best.safetensors                 the weights with the best dev Spearman so far, if any
//   tokenizer-NAME                   each of the tokenizer's files
#pragma once

#include <cstdint>
#include <string>

#include "engine/encoder/model_package.h"
#include "engine/training/batch_stream.h"
#include "engine/training/corpus.h"
#include "engine/training/evaluation.h"
#include "engine/training/learner.h"
#include "engine/training/weights.h"

namespace semblance::training {

// What two runs must have in common for one to go on where the other stopped.
struct Beginning {
  std::string options;     // JSON, all of them, as they were before the rows were read
  std::string base;        // the base model's id; empty: none
  std::string dev;         // hash of the scored pairs as they were given
  std::string eval_pairs;  // hash of the held-out pairs; empty: none
  std::string rows;        // hash of the token ids, and of the tags
};
std::string HashOf(const std::vector<ScoredPair>& dev);
std::string HashOf(const std::vector<TaggedPair>& pairs);  // empty for none
std::string HashOf(const Corpus& corpus);
// Throws kInvalid naming the first thing that differs; rows that are empty in one are not compared.
void CheckSame(const Beginning& then, const Beginning& now);

// How far a run is.
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

struct Checkpoint {
  Beginning beginning;
  Progress progress;
  LearnerState learner;
  Weights best;
  encoder::ModelPackage tokenizer;
};

encoder::ModelPackage WriteCheckpoint(const Checkpoint& checkpoint);
// Throws encoder::Error kCorruption or kMissing for what is none.
Checkpoint ReadCheckpoint(const encoder::ModelPackage& files);

}  // namespace semblance::training
