// A training run from its first row to the finished model.
#pragma once

#include <memory>

#include "engine/training/trainer.h"

namespace semblance::training {

// What libsemblance_torch.so's factory does. Parses the options; reads nothing yet. Throws
// encoder::Error only, and so does the run: LibTorch's and the standard library's exceptions are
// translated at Next and TakeModel.
std::unique_ptr<TrainingRun> StartRun(const TrainingInputs& inputs);

}  // namespace semblance::training
