// What the network computes besides matrix products with weights, one set for each instruction set,
// chosen at run time. All pointers may have any alignment; matrices are row-major f32.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace semblance::encoder {

struct AttentionShape {
  size_t tokens = 0;
  size_t heads = 0;
  size_t head_size = 0;  // hidden / heads
  // Added to the scores, or nullptr: distance_bias [heads, 2 * reach + 1], where column reach + d
  // is for a key that stands d tokens behind the query. tokens <= reach + 1.
  const float* distance_bias = nullptr;
  size_t reach = 0;
  // The heads that are computed, up to `heads`; the others' context is left as it is.
  size_t first_head = 0;
  size_t end_head = SIZE_MAX;
};

struct KernelSet {
  std::string_view name;

  // Self-attention within one sentence. qkv [tokens, 3 * hidden]: queries (already divided by
  // sqrt(head_size)), keys, values, each with the heads beside each other. context [tokens,
  // hidden]. `scratch` has attention_scratch(shape) floats.
  void (*attention)(const AttentionShape& shape, const float* qkv, float* context, float* scratch);
  size_t (*attention_scratch)(const AttentionShape& shape);

  // In place: (x - mean) / sqrt(variance + epsilon) * gain + bias for each of `count` rows of
  // `width`.
  void (*layer_norm)(float* rows, size_t count, size_t width, const float* gain, const float* bias,
                     float epsilon);

  // sum[i] += values[i] * factor
  void (*add_scaled)(const float* values, float factor, size_t count, float* sum);

  // 16-bit floats to f32, as half.h has them.
  void (*widen_half)(const uint16_t* from, size_t count, float* to);
  void (*widen_bfloat16)(const uint16_t* from, size_t count, float* to);
};

extern const KernelSet kPortableKernels;
extern const KernelSet kAvx2Kernels;    // needs AVX2 and FMA
extern const KernelSet kAvx512Kernels;  // needs AVX-512 F, BW, DQ and VL

// nullptr where this processor lacks the instructions.
const KernelSet* IfSupported(const KernelSet& set);
// The best set this processor has.
const KernelSet& BestKernels();

}  // namespace semblance::encoder
