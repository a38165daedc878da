// What semblance_export_corpus() writes: everything that a training needs, resolved, for a machine
// without a database (corpus_file.h).
#pragma once

#include <functional>
#include <string>

#include "engine/training/trainer.h"

namespace semblance::training {

// Reads all rows of `inputs`, whose checkpoint is not looked at, and writes `path`; gives the
// number of rows. Throws encoder::Error.
uint64_t ExportCorpus(const TrainingInputs& inputs, const std::string& path,
                      const std::function<bool()>& cancel);

}  // namespace semblance::training
