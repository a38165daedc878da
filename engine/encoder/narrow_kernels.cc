#include "engine/encoder/narrow_kernels.h"

#include "engine/encoder/kernels.h"

namespace semblance::encoder {

const NarrowKernels* IfSupported(const NarrowKernels& kernels) {
  bool supported = true;
  if (&kernels == &kAvx2Int8) {
    supported = IfSupported(kAvx2Kernels) != nullptr;
  } else if (&kernels == &kAvx512Int8) {
    supported = IfSupported(kAvx512Kernels) != nullptr && __builtin_cpu_supports("avx512vnni");
  } else if (&kernels == &kAvx512Bf16) {
    supported = IfSupported(kAvx512Kernels) != nullptr && __builtin_cpu_supports("avx512bf16");
  }
  return supported ? &kernels : nullptr;
}

}  // namespace semblance::encoder
