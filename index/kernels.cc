#include "index/kernels.h"

namespace semblance::index {

// __builtin_cpu_supports also asks whether the operating system saves the wide registers.
const KernelSet* KernelsOf(KernelLevel level) {
  switch (level) {
    case KernelLevel::kPortable:
      return &kPortableKernels;
    case KernelLevel::kAvx2:
      return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? &kAvx2Kernels
                                                                             : nullptr;
    case KernelLevel::kAvx512:
      return __builtin_cpu_supports("avx512f") ? &kAvx512Kernels : nullptr;
  }
  return nullptr;
}

const KernelSet& BestKernels() {
  static const KernelSet& best = []() -> const KernelSet& {
    for (KernelLevel level : {KernelLevel::kAvx512, KernelLevel::kAvx2}) {
      if (const KernelSet* kernels = KernelsOf(level)) return *kernels;
    }
    return kPortableKernels;
  }();
  return best;
}

}  // namespace semblance::index
