#include "engine/encoder/kernels_internal.h"

namespace semblance::encoder {

constinit const KernelSet kPortableKernels = MakeKernels<4>("portable");

}  // namespace semblance::encoder
