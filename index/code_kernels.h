// Products of codes, for each quantization one kernel for each instruction set, chosen once at run
// time.
//
// A query and a row, both `stride` = CodeStride(...) bytes of codes but where said:
//   sq8     i8 -127 .. 127 on both sides; gives the inner product. Exact: integers do not round
//   f16     row of f16, query of f32 (stride / 2 of them); gives the inner product. A row's result
//           depends on the query and that row alone, bit for bit
//   binary  bits on both sides; gives the number of bits that differ. Exact
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "index/quantization.h"

namespace semblance::index {

// kAvx2: with F16C for f16, POPCNT for binary. kAvx512: with VNNI for sq8, VPOPCNTDQ for binary.
enum class CodeLevel { kPortable, kAvx2, kAvx512 };

// Bytes of a row's codes in memory, filled up with zeros: to a cache line, half of one and a word.
inline constexpr size_t CodeStride(Quantization quantization, size_t dimension) {
  const auto up = [](size_t bytes, size_t unit) { return (bytes + unit - 1) / unit * unit; };
  switch (quantization) {
    case Quantization::kF16:
      return up(2 * dimension, 32);
    case Quantization::kBinary:
      return up((dimension + 7) / 8, 8);
    default:
      return up(dimension, 64);
  }
}

struct CodeKernel {
  std::string_view name;
  float (*one)(const void* query, const void* row, size_t stride);
  // out[i] for rows[0..3]: the query is read once for four rows.
  void (*four)(const void* query, const void* const* rows, size_t stride, float* out);
};

// nullptr where this processor lacks the instructions.
const CodeKernel* CodeKernelOf(Quantization quantization, CodeLevel level);
// The best this processor has.
const CodeKernel& BestCodeKernel(Quantization quantization);

extern const CodeKernel kPortableByteKernel;  // sq8
extern const CodeKernel kAvx2ByteKernel;
extern const CodeKernel kAvx512ByteKernel;
extern const CodeKernel kPortableHalfKernel;  // f16
extern const CodeKernel kAvx2HalfKernel;
extern const CodeKernel kAvx512HalfKernel;
extern const CodeKernel kPortableBitKernel;  // binary
extern const CodeKernel kAvx2BitKernel;
extern const CodeKernel kAvx512BitKernel;

}  // namespace semblance::index
