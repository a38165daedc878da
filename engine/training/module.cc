// The one symbol of libsemblance_torch.so.
#include "engine/training/run.h"
#include "engine/training/trainer.h"

extern "C" __attribute__((visibility("default"))) std::unique_ptr<semblance::training::TrainingRun>
semblance_trainer_factory(const semblance::training::TrainingInputs& inputs) {
  return semblance::training::StartRun(inputs);
}
