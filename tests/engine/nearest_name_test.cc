#include "engine/nearest_name.h"

#include <gtest/gtest.h>

namespace semblance::engine {
namespace {

TEST(NearestNameTest, NamesTheNearest) {
  EXPECT_EQ(DidYouMean("epoch", {"batch", "epochs", "seed"}), ", did you mean 'epochs'?");
  EXPECT_EQ(DidYouMean("epohcs", {"batch", "epochs"}), ", did you mean 'epochs'?");
}

TEST(NearestNameTest, PrefersTheFirstOfEquallyNear) {
  EXPECT_EQ(DidYouMean("cat", {"bat", "rat"}), ", did you mean 'bat'?");
}

TEST(NearestNameTest, SaysNothingWhenNothingIsNear) {
  EXPECT_EQ(DidYouMean("temperature", {"batch", "seed"}), "");
  EXPECT_EQ(DidYouMean("x", {}), "");
}

TEST(NearestNameTest, DoesNotCompareWholeDocuments) {
  EXPECT_EQ(DidYouMean(std::string(101, 'a'), {std::string(100, 'a')}), "");
}

}  // namespace
}  // namespace semblance::engine
