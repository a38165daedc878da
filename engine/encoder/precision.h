// In which numbers the products of a network are computed. Everything between them (attention,
// LayerNorm, residual sums, pooling) is f32 in each.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace semblance::encoder {

enum class Precision : uint8_t {
  kF32 = 0,
  kBf16 = 1,  // weights and activations rounded to bfloat16, sums in f32
  kInt8 = 2,  // 8-bit weights and activations, the latter with each row's own range; exact sums
};

inline constexpr Precision kPrecisions[] = {Precision::kF32, Precision::kBf16, Precision::kInt8};

std::string_view PrecisionName(Precision precision);  // "f32", "bf16", "int8"
std::optional<Precision> PrecisionFromName(std::string_view name);

// What this processor computes in when asked for `precision`: f32 where it lacks instructions for
// bf16, otherwise what it was asked for.
Precision ComputedIn(Precision precision);

}  // namespace semblance::encoder
