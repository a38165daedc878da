#include "tools/bench/report.h"

#include <cstdio>
#include <nlohmann/json.hpp>

#include "tools/bench/bars.h"
#include "tools/bench/searches.h"

namespace semblance::bench {
namespace {

using nlohmann::json;

// A number with `digits` behind the point; "-" for what was not measured.
std::string Number(const json& object, const char* key, int digits) {
  if (!object.is_object() || !object.contains(key) || object[key] == 0) return "-";
  char text[64];
  std::snprintf(text, sizeof(text), "%.*f", digits, object[key].get<double>());
  return text;
}

void PrintBuilds(const json& results, double rows) {
  std::printf("\n%-26s %9s %9s %12s %12s %9s %9s %9s\n", "building", "seconds", "cpu s",
              "inserts/s", "plain/s", "insert %", "B/vector", "open ms");
  for (const auto& [name, result] : results.items()) {
    if (result.contains("error")) {
      std::printf("%-26s %s\n", name.c_str(), result["error"].get<std::string>().c_str());
      continue;
    }
    const json& build = result["build"];
    json rates;
    const double insert = build.value("insert_seconds", 0.0);
    const double plain = build.value("plain_insert_seconds", 0.0);
    if (insert > 0) rates["insert"] = rows / insert;
    if (plain > 0) rates["plain"] = rows / plain;
    if (plain > 0) rates["part"] = 100 * plain / insert;
    rates["open"] = 1000 * build.value("open_seconds", 0.0);
    std::printf("%-26s %9s %9s %12s %12s %9s %9s %9s\n", name.c_str(),
                Number(build, "build_seconds", 2).c_str(),
                Number(build, "processor_seconds", 2).c_str(), Number(rates, "insert", 0).c_str(),
                Number(rates, "plain", 0).c_str(), Number(rates, "part", 0).c_str(),
                Number(build, "bytes_per_vector", 0).c_str(), Number(rates, "open", 0).c_str());
  }
}

void PrintSearches(const json& results) {
  std::printf("\n%-26s %7s %7s %6s %9s %9s %9s %12s\n", "searching, one thread", "target", "recall",
              "ef", "p50 ms", "p95 ms", "p99 ms", "2 threads/s");
  for (const auto& [name, result] : results.items()) {
    if (!result.contains("searches")) continue;
    for (const json& search : result["searches"]) {
      std::printf("%-26s %7s %7s %6s %9s %9s %9s %12s\n", name.c_str(),
                  Number(search, "target", 2).c_str(), Number(search, "recall", 4).c_str(),
                  Number(search, "ef", 0).c_str(), Number(search, "p50_ms", 3).c_str(),
                  Number(search, "p95_ms", 3).c_str(), Number(search, "p99_ms", 3).c_str(),
                  Number(search, "two_threads_per_second", 0).c_str());
    }
  }
}

void PrintFilters(const json& results) {
  std::printf("\n%-26s %7s %7s %9s %9s %9s\n", "behind a filter", "allowed", "recall", "p50 ms",
              "p95 ms", "p99 ms");
  for (const auto& [name, result] : results.items()) {
    if (!result.contains("filters")) continue;
    std::printf("%-26s %7s %7s\n", name.c_str(), "100 %",
                Number(result, "unfiltered_recall", 4).c_str());
    for (const json& filter : result["filters"]) {
      const json percent = {{"p", filter["permille"].get<double>() / 10}};
      std::printf("%-26s %5s %% %7s %9s %9s %9s\n", "", Number(percent, "p", 1).c_str(),
                  Number(filter, "recall", 4).c_str(), Number(filter, "p50_ms", 3).c_str(),
                  Number(filter, "p95_ms", 3).c_str(), Number(filter, "p99_ms", 3).c_str());
    }
  }
}

void PrintRatios(const json& results) {
  struct Pair {
    const char* ours;
    const char* theirs;
    std::vector<double> targets;
  };
  const std::vector<double> graph = {0.90, 0.95, 0.99};
  const std::vector<Pair> pairs = {
      {"semblance flat", "sqlite-vec", {0}},
      {"semblance flat", "sqlite-vector", {0}},
      {"semblance flat sq8", "sqlite-vector quantized", {0}},
      {"semblance hnsw", "vectorlite", graph},
      {"semblance hnsw", "usearch i8", graph},
      {"semblance hnsw", "hnswlib", graph},
      {"semblance hnsw", "faiss hnsw", graph},
      {"semblance hnsw sq8", "vectorlite", graph},
      {"semblance hnsw sq8", "usearch i8", graph},
      {"semblance hnsw sq8", "hnswlib", graph},
      {"semblance hnsw sq8", "faiss hnsw", graph},
  };
  std::printf("\n%-26s %-26s %7s %9s\n", "median time, ours to theirs", "", "recall", "faster");
  for (const Pair& pair : pairs) {
    for (double target : pair.targets) {
      const auto ours = MedianOf(results, pair.ours, target);
      const auto theirs = MedianOf(results, pair.theirs, target);
      if (!ours || !theirs) continue;
      std::printf("%-26s %-26s %7s %8.1fx\n", pair.ours, pair.theirs,
                  target == 0 ? "-" : Number({{"t", target}}, "t", 2).c_str(), *theirs / *ours);
    }
  }
}

}  // namespace

void PrintReport(const json& run) {
  std::printf("command  %s\nmachine  %s\ndata     %s\n", run["command"].get<std::string>().c_str(),
              run["machine"].dump().c_str(), run["data"].dump().c_str());
  PrintBuilds(run["results"], run["data"]["rows"].get<double>());
  PrintSearches(run["results"]);
  PrintFilters(run["results"]);
  PrintRatios(run["results"]);
  PrintBars(run["results"], run["data"]["rows"].get<double>());
}

}  // namespace semblance::bench
