// semblance plot: the trajectories of training runs as a picture.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "tools/cli/commands.h"
#include "tools/cli/connection.h"
#include "tools/cli/trajectory.h"

namespace semblance::cli {
namespace {

struct PlotOptions {
  std::string database;
  std::vector<std::string> runs;
  std::string file;
};

bool IsNumber(const std::string& text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
}

// The run with this number, or the newest of this name.
int64_t FindRun(Connection* connection, const std::string& run) {
  const Value found = connection->Single(
      IsNumber(run) ? "SELECT max(run) FROM semblance_runs WHERE run = CAST(?1 AS INTEGER)"
                    : "SELECT max(run) FROM semblance_runs WHERE name = ?1",
      {run});
  if (const auto* number = std::get_if<int64_t>(&found)) return *number;
  throw std::runtime_error("there is no training run " + run +
                           "; SELECT run, name FROM semblance_runs lists them");
}

Trajectory Read(Connection* connection, int64_t run) {
  Trajectory trajectory;
  trajectory.name = std::get<std::string>(
      connection->Single("SELECT name FROM semblance_runs WHERE run = ?1", {run}));
  Statement reports(connection->handle(),
                    "SELECT step, loss, dev_spearman, uniformity, alignment FROM semblance_metrics "
                    "WHERE run = ?1 AND phase = 'train' ORDER BY sequence");
  reports.Bind(1, run);
  while (reports.Step()) {
    const double step = reports.Real(0);
    if (!reports.IsNull(1)) trajectory.loss.push_back({step, reports.Real(1)});
    if (!reports.IsNull(2)) trajectory.spearman.push_back({step, 100 * reports.Real(2)});
    if (!reports.IsNull(3) && !reports.IsNull(4)) {
      trajectory.stations.push_back({reports.Real(3), reports.Real(4)});
    }
  }
  if (trajectory.loss.empty()) {
    throw std::runtime_error("training run " + std::to_string(run) + " ('" + trajectory.name +
                             "') has made no report of its training yet");
  }
  return trajectory;
}

void Plot(const PlotOptions& options) {
  Connection connection(options.database, Connection::Create::kNo);
  std::vector<int64_t> numbers;
  std::vector<Trajectory> runs;
  for (const std::string& run : options.runs) {
    numbers.push_back(FindRun(&connection, run));
    runs.push_back(Read(&connection, numbers.back()));
  }
  // Runs of one name are told apart by their numbers.
  std::multiset<std::string> names;
  for (const Trajectory& run : runs) names.insert(run.name);
  for (size_t i = 0; i < runs.size(); ++i) {
    if (names.count(runs[i].name) > 1) runs[i].name += " (run " + std::to_string(numbers[i]) + ")";
  }
  std::ofstream file(options.file, std::ios::binary);
  file << DrawSvg(TrajectoryChart(runs));
  file.close();
  if (!file) throw std::runtime_error("cannot write " + options.file);
  std::printf("%s shows %zu run%s\n", options.file.c_str(), runs.size(),
              runs.size() == 1 ? "" : "s");
}

}  // namespace

void AddPlotCommand(CLI::App* program) {
  auto options = std::make_shared<PlotOptions>();
  CLI::App* command = program->add_subcommand(
      "plot", "Draw training runs: loss and dev Spearman over steps, alignment against uniformity");
  command->add_option("DB", options->database, "The database")->required();
  command
      ->add_option("RUN", options->runs,
                   "Numbers of runs, or names of models: of a name the newest run")
      ->required();
  command->add_option("-o,--output", options->file, "The SVG file to write")->required();
  command->callback([options] { Plot(*options); });
}

}  // namespace semblance::cli
