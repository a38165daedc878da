// The picture of training runs: its structure, and what the command says where there is none.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <limits>
#include <sstream>
#include <vector>

#include "tests/tools/cli_test.h"
#include "tools/cli/trajectory.h"

namespace semblance::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// The names of all elements in order; fails where tags do not close as XML asks.
std::vector<std::string> Elements(const std::string& xml) {
  std::vector<std::string> elements, open;
  for (size_t at = xml.find('<'); at != std::string::npos; at = xml.find('<', at + 1)) {
    const size_t end = xml.find('>', at);
    if (end == std::string::npos) {
      ADD_FAILURE() << "a tag without an end";
      return elements;
    }
    const std::string tag = xml.substr(at + 1, end - at - 1);
    EXPECT_EQ(tag.find('<'), std::string::npos) << tag;
    EXPECT_EQ(std::count(tag.begin(), tag.end(), '"') % 2, 0) << tag;
    if (tag[0] == '/') {
      EXPECT_FALSE(open.empty());
      if (open.empty()) return elements;
      EXPECT_EQ(open.back(), tag.substr(1));
      open.pop_back();
      continue;
    }
    elements.push_back(tag.substr(0, tag.find_first_of(" /")));
    if (tag.back() != '/') open.push_back(elements.back());
  }
  EXPECT_TRUE(open.empty());
  return elements;
}

size_t Count(const std::string& svg, const std::string& element) {
  const auto elements = Elements(svg);
  return static_cast<size_t>(std::count(elements.begin(), elements.end(), element));
}

Trajectory Sample(const std::string& name, double shift) {
  Trajectory run;
  run.name = name;
  for (int i = 1; i <= 10; ++i) {
    run.loss.push_back({10.0 * i, 3.0 / i + shift});
    run.spearman.push_back({10.0 * i, 40 + 3 * i - shift});
    run.stations.push_back({-1 - 0.2 * i, 0.3 - 0.01 * i + shift});
  }
  return run;
}

TEST(TrajectoryChart, HasALineOfEachRunInEachPanelAndAxesWithLabels) {
  const std::string svg = DrawSvg(TrajectoryChart({Sample("first", 0), Sample("second", 0.1)}));
  EXPECT_EQ(Count(svg, "polyline"), 6u);
  EXPECT_EQ(Count(svg, "svg"), 1u);
  EXPECT_GT(Count(svg, "polygon"), 4u) << "arrows of time";
  EXPECT_EQ(Count(svg, "circle"), 4u) << "where each run begins and ends";
  for (const char* text : {">step<", ">loss<", ">Spearman × 100<", ">uniformity<", ">alignment<",
                           ">first<", ">second<", ">0.30<", ">60<"}) {
    EXPECT_THAT(svg, HasSubstr(text));
  }
  EXPECT_THAT(svg, HasSubstr("prefers-color-scheme: dark"));
}

TEST(TrajectoryChart, LeavesOutWhatNoRunMeasured) {
  Trajectory run = Sample("one", 0);
  run.spearman.clear();
  const std::string svg = DrawSvg(TrajectoryChart({run}));
  EXPECT_EQ(Count(svg, "polyline"), 2u);
  EXPECT_EQ(svg.find("Spearman"), std::string::npos);
}

TEST(TrajectoryChart, DrawsPointsWhereTheAxesSay) {
  Chart chart{"t", {"s"}, {{{"", "x", "y", {{0, {{0, 0}, {10, 1}}}}}}}};
  const std::string svg = DrawSvg(chart);
  const size_t at = svg.find("points=\"") + 8;
  double x1 = 0, y1 = 0, x2 = 0, y2 = 0;
  ASSERT_EQ(std::sscanf(svg.c_str() + at, "%lf,%lf %lf,%lf", &x1, &y1, &x2, &y2), 4);
  EXPECT_GT(x2, x1 + 500) << "the whole width";
  EXPECT_LT(y2, y1 - 150) << "up is more";
}

TEST(TrajectoryChart, SurvivesOnePointEqualPointsAndStrangeNames) {
  Trajectory run;
  run.name = "<&\">\n";
  run.loss = {{5, 2}};
  run.stations = {{-1, 0.5}, {-1, 0.5}};
  const std::string svg = DrawSvg(TrajectoryChart({run}));
  EXPECT_EQ(Count(svg, "polyline"), 2u);
  EXPECT_THAT(svg, HasSubstr("&lt;&amp;&quot;&gt;"));
  EXPECT_EQ(svg.find("nan"), std::string::npos);
  EXPECT_EQ(svg.find("inf"), std::string::npos);
}

TEST(RoundTicks, AreRoundAndCoverTheRange) {
  EXPECT_THAT(RoundTicks(0, 100, 5), ElementsAre(0, 20, 40, 60, 80, 100));
  EXPECT_THAT(RoundTicks(3, 97, 2), ElementsAre(0, 50, 100));
  for (const auto& [low, high] :
       {std::pair{-2.37, -0.41}, {0.0123, 0.0124}, {7.0, 7.0}, {0.0, 0.0}, {-1e6, 3e7}}) {
    const std::vector<double> ticks = RoundTicks(low, high, 6);
    ASSERT_GE(ticks.size(), 2u);
    EXPECT_LE(ticks.size(), 14u);
    EXPECT_LE(ticks.front(), low + 1e-9);
    EXPECT_GE(ticks.back(), high - 1e-9);
  }
}

class PlotTest : public CliTest {};

TEST_F(PlotTest, SaysWhichRunIsNotThere) {
  Sql("CREATE VIRTUAL TABLE notes USING semblance(body TEXT EMBED); INSERT INTO notes(body) VALUES "
      "('a')");
  for (const char* run : {"7", "nobody"}) {
    const Outcome outcome = Semblance({"plot", database_, run, "-o", folder_.Path("o.svg")});
    EXPECT_EQ(outcome.code, 1);
    EXPECT_THAT(outcome.err, HasSubstr(std::string("there is no training run ") + run));
  }
}

TEST_F(PlotTest, SettingsThatAreNoneAreNamed) {
  Sql("CREATE TABLE t(a)");
  const Outcome outcome = Semblance({"ablate", database_, "--query", "SELECT a FROM t", "--dev",
                                     "SELECT a, a, 1 FROM t", "--only", "crop"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("--only crop: there is no such setting"));
  EXPECT_THAT(outcome.err, HasSubstr("crop-10"));
}

#if SEMBLANCE_TRAINING_BUILT

TEST_F(PlotTest, AblationsAreTrainedPrintedAndDrawn) {
  Sql("CREATE TABLE t(a TEXT);"
      "WITH RECURSIVE i(x) AS (SELECT 0 UNION ALL SELECT x + 1 FROM i WHERE x < 119) "
      "INSERT INTO t SELECT 'sentence ' || x || ' is about ' || (x * 7 % 31) || ' boats' FROM i;"
      "CREATE TABLE d(a TEXT, b TEXT, s REAL);"
      "INSERT INTO d SELECT a, a || ' today', 5 FROM t LIMIT 20;"
      "INSERT INTO d SELECT x.a, y.a, 1 FROM t x JOIN t y ON y.rowid = x.rowid * 3 LIMIT 20;");
  std::vector<std::string> words = {"ablate",  database_,
                                    "--query", "SELECT a FROM t",
                                    "--dev",   "SELECT a, b, s FROM d",
                                    "--only",  "simcse,fixed-mask",
                                    "--seeds", "2"};
  for (const char* option : {"layers=1", "hidden=32", "heads=2", "vocab_size=200", "batch=20",
                             "threads=1", "eval_every=2"}) {
    words.insert(words.end(), {"--option", option});
  }
  const Outcome table = Semblance(words);
  EXPECT_EQ(table.code, 0) << table.err;
  EXPECT_THAT(table.out, HasSubstr("\nsimcse "));
  EXPECT_THAT(table.out, HasSubstr("\nfixed-mask "));
  EXPECT_THAT(table.out, HasSubstr(" 82.5 "));
  EXPECT_THAT(table.out, HasSubstr(" 43.6 "));
  EXPECT_EQ(Sql("SELECT count(*) FROM semblance_models WHERE NOT built_in"), "0\n");
  EXPECT_EQ(
      Sql("SELECT name, json_extract(options, '$.seed'), json_extract(options, '$.fixed_mask') "
          "FROM semblance_runs"),
      "ablation-simcse|1|0\nablation-simcse|2|0\nablation-fixed-mask|1|1\n"
      "ablation-fixed-mask|2|1\n");

  const std::string file = folder_.Path("o.svg");
  const Outcome plot = Semblance({"plot", database_, "1", "2", "ablation-fixed-mask", "-o", file});
  EXPECT_EQ(plot.code, 0) << plot.err;
  std::ostringstream svg;
  svg << std::ifstream(file).rdbuf();
  EXPECT_EQ(Count(svg.str(), "polyline"), 9u);
  EXPECT_THAT(svg.str(), HasSubstr(">ablation-simcse (run 1)<"));
  EXPECT_THAT(svg.str(), HasSubstr(">ablation-fixed-mask<"));
}

#endif

}  // namespace
}  // namespace semblance::cli
