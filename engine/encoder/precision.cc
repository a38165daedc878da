#include "engine/encoder/precision.h"

#include "engine/encoder/narrow_kernels.h"

namespace semblance::encoder {

std::string_view PrecisionName(Precision precision) {
  switch (precision) {
    case Precision::kF32:
      return "f32";
    case Precision::kBf16:
      return "bf16";
    case Precision::kInt8:
      break;
  }
  return "int8";
}

std::optional<Precision> PrecisionFromName(std::string_view name) {
  for (const Precision precision : kPrecisions) {
    if (PrecisionName(precision) == name) return precision;
  }
  return std::nullopt;
}

Precision ComputedIn(Precision precision) {
  const bool lacking = precision == Precision::kBf16 && IfSupported(kAvx512Bf16) == nullptr;
  return lacking ? Precision::kF32 : precision;
}

}  // namespace semblance::encoder
