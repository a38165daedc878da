// Products in int8 and in bf16, one set of kernels for each form of number and instruction set.
//
// A row of activations is first made narrow: into words of 32 bits, each of `elements` codes.
//   int8   a code is 0 .. 255, and x = scale * code + least with a scale and a least number for
//          each row: its own range, so a row's codes do not depend on what stands beside it
//   bf16   a code is x rounded to the nearest, ties to even
// Weights lie in panels of `panel_columns` outputs: words [inputs, panel_columns], so that one word
// of a row meets a whole line of the panel. In int8 a weight is -127 .. 127 times its column's
// scale. Sums of int8 codes are exact; each output is computed in the same order whatever stands
// around it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "engine/encoder/activation.h"

namespace semblance::encoder {

// What the codes of a word are. kShorts: int8's codes in 16 bits each, for processors that multiply
// those exactly.
enum class WordForm : uint8_t { kBytes, kShorts, kBfloat16 };

struct RowScale {
  float scale = 0, least = 0;
};

struct NarrowProduct {
  size_t words = 0;  // of a row
  size_t count = 0;  // of rows
  const uint32_t* rows = nullptr;
  const RowScale* row_scales = nullptr;
  // [panels, words, panel_columns]; the last panel is filled up with zeros.
  const uint32_t* weights = nullptr;
  // For every column of all panels; the first two of int8 alone.
  const float* column_scales = nullptr;
  const float* column_sums = nullptr;  // of the weights of a column
  const float* bias = nullptr;
  float* out = nullptr;  // [count, columns]
  size_t columns = 0;
  bool add = false;  // out = out + rows weights + bias
  size_t first_panel = 0, end_panel = 0;
};

struct NarrowKernels {
  std::string_view name;
  WordForm form;
  size_t elements;  // of a word
  size_t panel_columns;
  // rows [count, width] -> words [count, width / elements, rounded up], and the scales of int8.
  void (*narrow)(const float* rows, size_t count, size_t width, uint32_t* words, RowScale* scales);
  void (*multiply)(const NarrowProduct& product);
  // In place.
  void (*activate)(Activation activation, float* values, size_t count);
};

extern const NarrowKernels kPortableInt8;
extern const NarrowKernels kAvx2Int8;    // needs AVX2 and FMA
extern const NarrowKernels kAvx512Int8;  // needs AVX-512 F, BW, DQ, VL and VNNI
extern const NarrowKernels kAvx512Bf16;  // needs AVX-512 F, BW, DQ, VL and BF16

// nullptr where this processor lacks the instructions.
const NarrowKernels* IfSupported(const NarrowKernels& kernels);

}  // namespace semblance::encoder
