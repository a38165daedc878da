// The network of a RandomModel as an ONNX file, written in the form that onnxruntime runs fastest:
// with its own fused operations (Attention over Q, K and V in one product, SkipLayerNormalization,
// BiasGelu), which its optimizer for transformers makes out of a plain export.
//
//   input_ids, mask  [batch, tokens] i32; mask is 1 for tokens and 0 for padding
//   sum              [batch, 1, hidden] f32: of the last layer's states over the tokens, which
//                    points where their mean does
//
// Format: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
#pragma once

#include <string>

#include "tools/bench/encoder/random_model.h"

namespace semblance::bench {

std::string OnnxFile(const RandomModel& model);

}  // namespace semblance::bench
