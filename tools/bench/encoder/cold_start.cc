#include "tools/bench/encoder/cold_start.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <vector>

#include "tools/bench/stopwatch.h"

extern char** environ;

namespace semblance::bench {
namespace {

struct Cost {
  double wall_seconds = 0;
  double cpu_seconds = 0;
  double peak_mib = 0;
};

double Seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
}

Cost RunOnce(std::vector<std::string> arguments) {
  std::vector<char*> words;
  for (std::string& argument : arguments) words.push_back(argument.data());
  words.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  const Stopwatch watch;
  pid_t child = 0;
  const int failed = posix_spawnp(&child, words[0], &actions, nullptr, words.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) throw std::runtime_error("cannot start " + arguments[0]);
  int status = 0;
  rusage usage{};
  wait4(child, &status, 0, &usage);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    throw std::runtime_error(arguments[0] + " could not embed a text");
  }
  return {watch.Seconds(), Seconds(usage.ru_utime) + Seconds(usage.ru_stime),
          static_cast<double>(usage.ru_maxrss) / 1024};
}

}  // namespace

nlohmann::json MeasureColdStart(const std::string& extension, int rounds) {
  const std::vector<std::string> arguments = {
      "sqlite3", "-bail", ":memory:", ".load '" + extension + "'",
      "SELECT vec_to_json(embed('the old bridge over the river'))"};
  RunOnce(arguments);  // files into memory
  std::vector<Cost> costs;
  for (int i = 0; i < rounds; ++i) costs.push_back(RunOnce(arguments));
  std::vector<double> walls, cpus, peaks;
  for (const Cost& cost : costs) {
    walls.push_back(1000 * cost.wall_seconds);
    cpus.push_back(1000 * cost.cpu_seconds);
    peaks.push_back(cost.peak_mib);
  }
  std::sort(walls.begin(), walls.end());
  return {{"wall_ms", walls.front()},
          {"wall_median_ms", walls[walls.size() / 2]},
          {"cpu_ms", *std::min_element(cpus.begin(), cpus.end())},
          {"peak_mib", *std::max_element(peaks.begin(), peaks.end())},
          {"rounds", rounds}};
}

}  // namespace semblance::bench
