// The function between a layer's two last products.
#pragma once

#include <cstdint>

namespace semblance::encoder {

enum class Activation : uint8_t { kGelu = 0, kGeluTanh = 1, kRelu = 2 };

}  // namespace semblance::encoder
