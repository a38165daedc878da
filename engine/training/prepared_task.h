// From what a training was asked for to a task (loop.h): the tokenizer is there, texts are ids,
// options are resolved.
#pragma once

#include <functional>
#include <vector>

#include "engine/encoder/model_package.h"
#include "engine/training/loop.h"
#include "engine/training/trainer.h"

namespace semblance::training {

// Options that go with each other, with the base and with the rows' columns; reads no row. Throws
// encoder::Error kOption or kInvalid.
Options OptionsFor(const TrainingInputs& inputs);

struct PreparedTask {
  Task task;
  Weights weights;
  encoder::ModelPackage tokenizer_files;
};

// Reads all rows. `options` are OptionsFor(inputs); the tokenizer of a new network is `tokenizer`,
// or is made where that is nullptr. `cancel` is polled between rows; true throws kInterrupted.
PreparedTask PrepareTask(const TrainingInputs& inputs, const Options& options,
                         const encoder::ModelPackage* tokenizer,
                         const std::function<bool()>& cancel);

}  // namespace semblance::training
