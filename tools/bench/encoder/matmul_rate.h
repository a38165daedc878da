// What oneDNN's matrix products reach for the shapes of a network's layers: the yardstick for the
// part of the processor that an encoder uses.
#pragma once

#include <cstddef>

#include "engine/encoder/config.h"

namespace semblance::bench {

// Floating-point operations a second of the four products of a layer, f32, with bias and weights in
// the order that oneDNN likes best, over `rows` tokens. The fastest round within `seconds`.
double MatmulRate(const encoder::BertConfig& config, size_t rows, int threads, double seconds);

}  // namespace semblance::bench
