#include "engine/training/measures.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <vector>

namespace semblance::training {
namespace {

using nlohmann::json;

json Golden(const std::string& name) {
  std::ifstream in(std::string(SEMBLANCE_SOURCE_DIR) + "/tests/training/data/" + name);
  return json::parse(in);
}

std::vector<float> Flat(const json& rows) {
  std::vector<float> out;
  for (const json& row : rows) {
    for (const json& value : row) out.push_back(value.get<float>());
  }
  return out;
}

TEST(Measures, SpearmanMatchesScipyWithAndWithoutTies) {
  const json golden = Golden("spearman.json");
  int checked = 0;
  for (const json& test : golden["cases"]) {
    const auto a = test["a"].get<std::vector<double>>(), b = test["b"].get<std::vector<double>>();
    if (test["spearman"].is_null()) {
      EXPECT_TRUE(std::isnan(Spearman(a, b))) << test["name"];
    } else {
      EXPECT_NEAR(Spearman(a, b), test["spearman"].get<double>(), 1e-9) << test["name"];
    }
    ++checked;
  }
  EXPECT_EQ(checked, 10);
}

TEST(Measures, AlignmentAndUniformityMatchTheReference) {
  const json golden = Golden("align_uniform.json");
  int checked = 0;
  for (const json& test : golden["cases"]) {
    const std::vector<float> x = Flat(test["x"]), y = Flat(test["y"]);
    const size_t dimension = test["x"][0].size();
    // The reference read the same decimals as doubles; here they are floats.
    EXPECT_NEAR(Alignment(x, y, dimension), test["align_a2"].get<double>(), 1e-6) << test["name"];
    EXPECT_NEAR(Uniformity(x, dimension), test["uniform_t2_x"].get<double>(), 1e-6) << test["name"];
    EXPECT_NEAR(Uniformity(y, dimension), test["uniform_t2_y"].get<double>(), 1e-6) << test["name"];
    ++checked;
  }
  EXPECT_EQ(checked, 3);
}

TEST(Measures, AnisotropyIsTheMeanCosineOfAllPairs) {
  const std::vector<float> x = {1, 0, 0, 3, 3, 4, -2, 0};
  const double by_pairs =
      (Cosine(&x[0], &x[2], 2) + Cosine(&x[0], &x[4], 2) + Cosine(&x[0], &x[6], 2) +
       Cosine(&x[2], &x[4], 2) + Cosine(&x[2], &x[6], 2) + Cosine(&x[4], &x[6], 2)) /
      6;
  EXPECT_NEAR(Anisotropy(x, 2), by_pairs, 1e-12);
  EXPECT_NEAR(Anisotropy(std::vector<float>{5, 5, 1, 1, 2, 2}, 2), 1, 1e-12);
  EXPECT_TRUE(std::isnan(Anisotropy(std::vector<float>{1, 0}, 2)));
}

TEST(Measures, UndefinedIsNotANumber) {
  const std::vector<float> one_row = {1, 0};
  EXPECT_TRUE(std::isnan(Uniformity(one_row, 2)));
  EXPECT_TRUE(std::isnan(Alignment({}, {}, 2)));
  EXPECT_TRUE(std::isnan(Spearman(std::vector<double>{1}, std::vector<double>{2})));
  EXPECT_TRUE(
      std::isnan(Spearman(std::vector<double>{1, std::nan("")}, std::vector<double>{2, 3})));
}

}  // namespace
}  // namespace semblance::training
