// What a training run did over its steps, as the SimCSE paper draws it.
#pragma once

#include <string>
#include <vector>

#include "tools/cli/svg_chart.h"

namespace semblance::cli {

struct Trajectory {
  std::string name;
  std::vector<Point> loss;      // over steps
  std::vector<Point> spearman;  // x 100, over steps; empty without dev pairs
  std::vector<Point> stations;  // uniformity, alignment; in the order of time
};

// Loss and dev Spearman over steps, and alignment against uniformity with arrows of time; all runs
// in each panel. A panel that no run has points for is left out.
Chart TrajectoryChart(const std::vector<Trajectory>& runs);

}  // namespace semblance::cli
