// Loads libsemblance_torch.so, which lies beside the binary that holds this code, the first time
// somebody trains.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "engine/training/trainer.h"

namespace semblance::engine {

// Throws engine::Error kNotFound saying which file was looked for and how it is built, when the
// module is not there.
std::unique_ptr<training::TrainingRun> StartTraining(const training::TrainingInputs& inputs);
// Throws likewise, and encoder::Error.
uint64_t ExportCorpus(const training::TrainingInputs& inputs, const std::string& path,
                      const std::function<bool()>& cancel);

}  // namespace semblance::engine
