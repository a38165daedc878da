// From rows of text to what the first step needs: tokenizer, token ids, initial weights.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "engine/encoder/model_package.h"
#include "engine/encoder/tokenizer.h"
#include "engine/training/corpus.h"
#include "engine/training/options.h"
#include "engine/training/trainer.h"
#include "engine/training/weights.h"

namespace semblance::training {

struct Prepared {
  encoder::ModelPackage tokenizer_files;
  std::shared_ptr<const encoder::Tokenizer> tokenizer;
  std::unique_ptr<Corpus> corpus;
  NetworkShape shape;
  Weights weights;
};

// Takes the network's options from the base where the JSON did not give them; throws kInvalid where
// it gave others.
void AdoptBase(const encoder::ModelPackage& base, Options* options);

// Reads all rows. Without a base the tokenizer is `tokenizer`, or a new one where that is nullptr.
// `cancel` is polled between rows; true throws kInterrupted.
Prepared Prepare(RowSource* rows, const encoder::ModelPackage* base,
                 const encoder::ModelPackage* tokenizer, const Options& options,
                 const std::function<bool()>& cancel);

}  // namespace semblance::training
