#include "engine/encoder/kernels_internal.h"

namespace semblance::encoder {

constinit const KernelSet kAvx512Kernels = MakeKernels<16>("avx512");

}  // namespace semblance::encoder
