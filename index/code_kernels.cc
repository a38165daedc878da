// Dispatch, and the kernel in plain C++.
#include "index/code_kernels.h"

namespace semblance::index {
namespace {

int32_t One(const int8_t* query, const int8_t* row, size_t stride) {
  int32_t sum = 0;
  for (size_t i = 0; i < stride; ++i) sum += int32_t{query[i]} * row[i];
  return sum;
}

void Four(const int8_t* query, const int8_t* const* rows, size_t stride, int32_t* out) {
  for (size_t i = 0; i < 4; ++i) out[i] = One(query, rows[i], stride);
}

}  // namespace

const CodeKernel kPortableCodeKernel = {"portable", &One, &Four};

const CodeKernel* CodeKernelOf(CodeLevel level) {
  switch (level) {
    case CodeLevel::kPortable:
      return &kPortableCodeKernel;
    case CodeLevel::kAvx2:
      return __builtin_cpu_supports("avx2") ? &kAvx2CodeKernel : nullptr;
    case CodeLevel::kAvx512Vnni:
      return __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vnni")
                 ? &kAvx512VnniCodeKernel
                 : nullptr;
  }
  return nullptr;
}

const CodeKernel& BestCodeKernel() {
  static const CodeKernel& best = []() -> const CodeKernel& {
    for (CodeLevel level : {CodeLevel::kAvx512Vnni, CodeLevel::kAvx2}) {
      if (const CodeKernel* kernel = CodeKernelOf(level)) return *kernel;
    }
    return kPortableCodeKernel;
  }();
  return best;
}

}  // namespace semblance::index
