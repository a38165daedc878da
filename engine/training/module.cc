// The symbols of libsemblance_torch.so.
#include "engine/training/corpus_export.h"
#include "engine/training/run.h"
#include "engine/training/trainer.h"

extern "C" __attribute__((visibility("default"))) std::unique_ptr<semblance::training::TrainingRun>
semblance_trainer_factory(const semblance::training::TrainingInputs& inputs) {
  return semblance::training::StartRun(inputs);
}

extern "C" __attribute__((visibility("default"))) uint64_t semblance_export_corpus(
    const semblance::training::TrainingInputs& inputs, const std::string& path,
    const std::function<bool()>& cancel) {
  return semblance::training::ExportCorpus(inputs, path, cancel);
}
