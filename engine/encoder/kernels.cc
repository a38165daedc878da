#include "engine/encoder/kernels.h"

namespace semblance::encoder {

const KernelSet* IfSupported(const KernelSet& set) {
  bool supported = true;
  if (&set == &kAvx2Kernels) {
    supported = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  } else if (&set == &kAvx512Kernels) {
    supported = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  }
  return supported ? &set : nullptr;
}

const KernelSet& BestKernels() {
  static const KernelSet& best = [&]() -> const KernelSet& {
    for (const KernelSet* set : {&kAvx512Kernels, &kAvx2Kernels}) {
      if (IfSupported(*set) != nullptr) return *set;
    }
    return kPortableKernels;
  }();
  return best;
}

}  // namespace semblance::encoder
