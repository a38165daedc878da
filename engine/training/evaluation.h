// What a run measures of its network as it stands.
#pragma once

#include <cstddef>
#include <vector>

#include "engine/training/corpus.h"
#include "engine/training/learner.h"
#include "engine/training/trainer.h"

namespace semblance::training {

// The texts of scored pairs, as ids.
struct DevSet {
  std::vector<std::vector<int32_t>> ids;  // a and b of each pair in turn
  std::vector<double> scores;             // [pairs]
};

// Fills alignment, uniformity, anisotropy and dev_spearman. As in the paper, alignment is of the
// pairs whose score is at least four fifths of the highest; uniformity and anisotropy are of the
// first texts.
void MeasureDev(const DevSet& dev, size_t dimension, Learner* learner, Report* report);

// Fills alignment, uniformity and anisotropy from the first `rows` rows: those kept out of
// training, or those there are when they are few. A single column is its own positive under
// dropout.
void MeasureRows(const Corpus& corpus, size_t rows, size_t dimension, Learner* learner,
                 Report* report);

}  // namespace semblance::training
