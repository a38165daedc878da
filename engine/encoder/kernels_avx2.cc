#include "engine/encoder/kernels_internal.h"

namespace semblance::encoder {

constinit const KernelSet kAvx2Kernels = MakeKernels<8>("avx2");

}  // namespace semblance::encoder
