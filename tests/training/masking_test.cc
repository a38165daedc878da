#include "engine/training/masking.h"

#include <gtest/gtest.h>

namespace semblance::training {
namespace {

const encoder::SpecialIds kSpecial = {0, 1, 2, 3, 4};

TEST(Masking, FollowsBertsShares) {
  std::vector<int32_t> text = {2};
  for (int i = 0; i < 20000; ++i) text.push_back(10 + i % 500);
  text.push_back(3);
  Random random(1, 1);
  const MaskedSentences masked = MaskTokens({text}, 0.15, kSpecial, 1000, &random);
  const double picked = static_cast<double>(masked.original.size());
  EXPECT_NEAR(picked / 20000, 0.15, 0.01);
  double mask = 0, kept = 0;
  for (size_t i = 0; i < masked.original.size(); ++i) {
    const int32_t id = masked.sentences[0][static_cast<size_t>(masked.position[i])];
    EXPECT_EQ(masked.original[i], text[static_cast<size_t>(masked.position[i])]);
    mask += id == kSpecial.mask;
    kept += id == masked.original[i];
    EXPECT_GE(id, 4);
  }
  EXPECT_NEAR(mask / picked, 0.8, 0.03);
  EXPECT_NEAR(kept / picked, 0.1, 0.03);
}

TEST(Masking, LeavesSpecialTokensAlone) {
  const std::vector<int32_t> text = {2, 3};
  Random random(1, 1);
  const MaskedSentences masked = MaskTokens({text}, 0.9, kSpecial, 1000, &random);
  EXPECT_TRUE(masked.original.empty());
  EXPECT_EQ(masked.sentences[0], text);
}

TEST(Masking, PicksOneTokenAtLeast) {
  const std::vector<int32_t> text = {2, 50, 3};
  Random random(1, 1);
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(MaskTokens({text}, 0.01, kSpecial, 1000, &random).original,
              (std::vector<int64_t>{50}));
  }
}

}  // namespace
}  // namespace semblance::training
