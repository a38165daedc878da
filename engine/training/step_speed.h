// How fast a training step is, beside the rate at which this machine multiplies matrices.
#pragma once

#include <cstdint>

#include "engine/training/options.h"

namespace semblance::training {

// Seconds of one step, on average. A GPU is waited for at the end of each part.
struct StepTimes {
  double forward = 0;  // packing the batch and the dropout masks included
  double backward = 0;
  double optimiser = 0;  // clipping and AdamW
  double whole = 0;
};

struct StepSpeed {
  StepTimes times;
  StepTimes without_dropout;
  double tokens = 0;             // of a step, both views
  double matrix_parameters = 0;  // of the layers' matrices: what multiplies
  double all_parameters = 0;     // with the embedding tables, which are looked up
  double product_rate = 0;       // FLOP/s of LibTorch's product of two 1024 x 1024 matrices
};

// Unsupervised steps of options.batch sentences of options.max_length tokens, for about `seconds`
// of each measurement, products before and after them, all on the same device and threads.
StepSpeed MeasureStepSpeed(const Options& options, double seconds);

}  // namespace semblance::training
