// What a search compares first: the vectors, or codes of them (index/codes.h,
// index/product_codes.h).
#pragma once

#include <cstdint>
#include <string_view>

namespace semblance::index {

enum class Quantization : uint8_t {
  kNone = 0,
  kSq8 = 1,
  kF16 = 2,
  kBinary = 3,
  kPq = 4  // of lists only
};         // frozen: on disk

inline std::string_view QuantizationName(Quantization quantization) {
  constexpr std::string_view kNames[] = {"none", "sq8", "f16", "binary", "pq"};
  return kNames[static_cast<uint8_t>(quantization)];
}

// How many times k candidates by code are measured in full, unless somebody says it: what finds
// nearly all of the nearest.
inline constexpr uint32_t DefaultOversample(Quantization quantization) {
  switch (quantization) {
    case Quantization::kF16:
      return 2;
    case Quantization::kBinary:
      return 16;
    case Quantization::kPq:
      return 10;
    default:
      return 4;
  }
}

}  // namespace semblance::index
