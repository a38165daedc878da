#include "tools/cli/trajectory.h"

#include <algorithm>

namespace semblance::cli {
namespace {

// The panel with the points of every run; whether there are any.
bool Fill(const std::vector<Trajectory>& runs, std::vector<Point> Trajectory::*points,
          Panel* panel) {
  for (size_t i = 0; i < runs.size(); ++i) {
    if (!(runs[i].*points).empty()) panel->series.push_back({i, runs[i].*points});
  }
  return !panel->series.empty();
}

}  // namespace

Chart TrajectoryChart(const std::vector<Trajectory>& runs) {
  Chart chart;
  chart.title = "Training";
  for (const Trajectory& run : runs) chart.legend.push_back(run.name);
  std::vector<Panel> over_steps;
  Panel loss{"Loss", "step", "loss", {}};
  if (Fill(runs, &Trajectory::loss, &loss)) over_steps.push_back(loss);
  Panel spearman{"Dev Spearman", "step", "Spearman \u00d7 100", {}};
  if (Fill(runs, &Trajectory::spearman, &spearman)) over_steps.push_back(spearman);
  if (!over_steps.empty()) chart.rows.push_back(over_steps);
  Panel stations{"Alignment against uniformity, from \u25cb to \u25cf; lower is better for both",
                 "uniformity",
                 "alignment",
                 {}};
  stations.arrows = true;
  if (Fill(runs, &Trajectory::stations, &stations)) chart.rows.push_back({stations});
  return chart;
}

}  // namespace semblance::cli
