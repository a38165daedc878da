#include "engine/encoder/half.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace semblance::encoder {
namespace {

// What a half means, in double arithmetic.
double Meaning(uint16_t half) {
  const int exponent = half >> 10 & 31;
  const double fraction = half & 1023;
  const double sign = half & 0x8000 ? -1 : 1;
  if (exponent == 0) return sign * std::ldexp(fraction, -24);
  return sign * std::ldexp(1024 + fraction, exponent - 25);
}

bool IsFinite(uint16_t half) { return (half & 0x7c00) != 0x7c00; }

TEST(HalfTest, EveryFiniteHalfWidensToWhatItMeans) {
  for (uint32_t half = 0; half < 65536; ++half) {
    if (!IsFinite(static_cast<uint16_t>(half))) continue;
    EXPECT_EQ(HalfToFloat(static_cast<uint16_t>(half)), Meaning(static_cast<uint16_t>(half)));
  }
}

TEST(HalfTest, InfinitiesAndNanWiden) {
  EXPECT_EQ(HalfToFloat(0x7c00), std::numeric_limits<float>::infinity());
  EXPECT_EQ(HalfToFloat(0xfc00), -std::numeric_limits<float>::infinity());
  EXPECT_TRUE(std::isnan(HalfToFloat(0x7e00)));
}

TEST(HalfTest, EveryHalfSurvivesTheWayThereAndBack) {
  for (uint32_t half = 0; half < 65536; ++half) {
    const auto bits = static_cast<uint16_t>(half);
    if ((bits & 0x7c00) == 0x7c00 && (bits & 0x3ff) != 0) continue;  // NaN
    EXPECT_EQ(FloatToHalf(HalfToFloat(bits)), bits);
  }
}

TEST(HalfTest, ValuesBetweenTwoHalvesRoundToTheNearerAndTiesToEven) {
  for (uint32_t half = 0; half + 1 < 0x7c00; ++half) {
    const auto low = static_cast<uint16_t>(half), high = static_cast<uint16_t>(half + 1);
    const float a = HalfToFloat(low), b = HalfToFloat(high), middle = a + (b - a) / 2;
    EXPECT_EQ(FloatToHalf(middle), half % 2 == 0 ? low : high);
    EXPECT_EQ(FloatToHalf(std::nextafter(middle, a)), low);
    EXPECT_EQ(FloatToHalf(std::nextafter(middle, b)), high);
    EXPECT_EQ(FloatToHalf(-std::nextafter(middle, b)), high | 0x8000);
  }
}

TEST(HalfTest, WhatIsTooLargeBecomesInfinite) {
  EXPECT_EQ(FloatToHalf(65519.99f), 0x7bff);
  EXPECT_EQ(FloatToHalf(65520.0f), 0x7c00);
  EXPECT_EQ(FloatToHalf(-1e30f), 0xfc00);
  EXPECT_TRUE(std::isnan(HalfToFloat(FloatToHalf(std::numeric_limits<float>::quiet_NaN()))));
}

TEST(HalfTest, Bfloat16RoundsToNearestAndTiesToEven) {
  for (uint32_t high = 0; high < 0x7f80; ++high) {
    const auto low_value = static_cast<uint16_t>(high), next = static_cast<uint16_t>(high + 1);
    const float tie = std::bit_cast<float>(high << 16 | 0x8000);
    EXPECT_EQ(Bfloat16ToFloat(low_value), std::bit_cast<float>(high << 16));
    EXPECT_EQ(FloatToBfloat16(Bfloat16ToFloat(low_value)), low_value);
    EXPECT_EQ(FloatToBfloat16(tie), high % 2 == 0 ? low_value : next);
    EXPECT_EQ(FloatToBfloat16(std::bit_cast<float>(high << 16 | 0x7fff)), low_value);
    EXPECT_EQ(FloatToBfloat16(std::bit_cast<float>(high << 16 | 0x8001)), next);
  }
  EXPECT_TRUE(std::isnan(Bfloat16ToFloat(FloatToBfloat16(std::bit_cast<float>(0x7f800001u)))));
}

}  // namespace
}  // namespace semblance::encoder
