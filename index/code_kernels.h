// Products of 8-bit codes, one kernel for each instruction set, chosen once at run time.
//
// All are exact: integers do not round, so every kernel gives the same number.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace semblance::index {

enum class CodeLevel { kPortable, kAvx2, kAvx512Vnni };

inline constexpr size_t kCodeAlignment = 64;
// Codes of a row in memory: zeros fill the last cache line.
inline constexpr size_t CodeStride(size_t dimension) {
  return (dimension + kCodeAlignment - 1) / kCodeAlignment * kCodeAlignment;
}

// Codes are -127 .. 127; `stride` is a multiple of kCodeAlignment, at most that of kMaxDimension.
struct CodeKernel {
  std::string_view name;
  int32_t (*one)(const int8_t* query, const int8_t* row, size_t stride);
  // out[i] for rows[0..3]: the query is read once for four rows.
  void (*four)(const int8_t* query, const int8_t* const* rows, size_t stride, int32_t* out);
};

extern const CodeKernel kPortableCodeKernel;
extern const CodeKernel kAvx2CodeKernel;        // needs AVX2
extern const CodeKernel kAvx512VnniCodeKernel;  // needs AVX-512F, BW and VNNI

// nullptr where this processor lacks the instructions.
const CodeKernel* CodeKernelOf(CodeLevel level);
// The best this processor has.
const CodeKernel& BestCodeKernel();

}  // namespace semblance::index
