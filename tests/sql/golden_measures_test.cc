// The aggregates against reference values: SciPy's correlations, and the alignment and uniformity
// of the code that Wang & Isola published.

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/sql/test_connection.h"

namespace semblance::test {
namespace {

using Json = nlohmann::json;

constexpr double kTolerance = 1e-9;

Json Cases(const std::string& name) {
  std::ifstream file(std::string(SEMBLANCE_SOURCE_DIR "/tests/sql/data/") + name);
  return Json::parse(file).at("cases");
}

// `a` and `b` are JSON arrays of equal length; their elements are paired by position.
std::string Aggregate(TestConnection* connection, const std::string& call, const Json& a,
                      const Json& b) {
  return connection->Value("SELECT " + call + " FROM json_each('" + a.dump() +
                           "') AS a JOIN json_each('" + b.dump() + "') AS b ON a.key = b.key");
}

void ExpectNear(const std::string& received, const Json& expected) {
  if (expected.is_null()) {
    EXPECT_EQ(received, "NULL");
    return;
  }
  ASSERT_NE(received, "NULL");
  EXPECT_NEAR(std::strtod(received.c_str(), nullptr), expected.get<double>(), kTolerance);
}

TEST(GoldenMeasures, CorrelationsAreThoseOfSciPy) {
  TestConnection connection(":memory:");
  const Json cases = Cases("spearman.json");
  ASSERT_GE(cases.size(), 10u);
  for (const Json& one : cases) {
    SCOPED_TRACE(one.at("name").get<std::string>());
    const Json& a = one.at("a");
    const Json& b = one.at("b");
    ExpectNear(Aggregate(&connection, "spearman(a.value, b.value)", a, b), one.at("spearman"));
    ExpectNear(Aggregate(&connection, "pearson(a.value, b.value)", a, b), one.at("pearson"));
  }
}

TEST(GoldenMeasures, AlignmentAndUniformityAreThoseOfTheirAuthors) {
  TestConnection connection(":memory:");
  const Json cases = Cases("align_uniform.json");
  ASSERT_GE(cases.size(), 3u);
  for (const Json& one : cases) {
    SCOPED_TRACE(one.at("name").get<std::string>());
    const Json& x = one.at("x");
    const Json& y = one.at("y");
    ExpectNear(Aggregate(&connection, "alignment(a.value, b.value)", x, y), one.at("align_a2"));
    ExpectNear(Aggregate(&connection, "uniformity(a.value)", x, y), one.at("uniform_t2_x"));
    ExpectNear(Aggregate(&connection, "uniformity(b.value)", x, y), one.at("uniform_t2_y"));
  }
}

}  // namespace
}  // namespace semblance::test
