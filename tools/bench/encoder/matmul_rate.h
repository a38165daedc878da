// What oneDNN's matrix products reach for the shapes of a network's layers: the yardstick for the
// part of the processor that an encoder uses.
#pragma once

#include <cstddef>

#include "engine/encoder/config.h"
#include "engine/encoder/precision.h"

namespace semblance::bench {

// Operations a second of the four products of a layer, with an f32 bias and result and weights in
// the order that oneDNN likes best, over `rows` tokens; in int8 the rows are u8 and the weights s8,
// and no scales are applied. The fastest round within `seconds`. A round is as many repetitions as
// there are layers, all with the same weights: it takes about as long as the network's, and is
// disturbed as often. 0 where the processor has no instructions for bf16.
double MatmulRate(const encoder::BertConfig& config, encoder::Precision precision, size_t rows,
                  int threads, double seconds);

}  // namespace semblance::bench
