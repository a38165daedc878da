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
#include "engine/training/corpus.h"
#include "engine/training/loop.h"

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

struct Checkpoint {
  Beginning beginning;
  LoopState loop;
  encoder::ModelPackage tokenizer;
};

encoder::ModelPackage WriteCheckpoint(const Checkpoint& checkpoint);
// Throws encoder::Error kCorruption or kMissing for what is none.
Checkpoint ReadCheckpoint(const encoder::ModelPackage& files);

}  // namespace semblance::training
