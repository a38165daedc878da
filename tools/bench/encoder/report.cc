#include "tools/bench/encoder/report.h"

#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>

namespace semblance::bench {
namespace {

using nlohmann::json;

// "-" for what was not measured.
std::string Cell(const json& row, const char* key, const char* format) {
  if (!row.contains(key)) return "-";
  char text[64];
  std::snprintf(text, sizeof(text), format, row[key].get<double>());
  return text;
}

// A row's number of a bar: "bf16 32x32, 1 thread, times as fast as f32   at least 1.7   1.9  met".
void PrintBar(const json& row, const char* key, const char* what, double bound) {
  if (!row.contains(key)) return;
  const int threads = row["threads"];
  const double value = row[key];
  const std::string name = row["precision"].get<std::string>() + " " +
                           row["text"].get<std::string>() + ", " + std::to_string(threads) +
                           (threads == 1 ? " thread, " : " threads, ") + what;
  std::printf("%-60s %9s %5g %9.2f %s\n", name.c_str(), "at least", bound, value,
              value >= bound ? "met" : "NOT MET");
}

void PrintEncoderBars(const json& results) {
  std::printf("\n%-60s %9s %5s %9s\n", "bars", "", "bound", "measured");
  for (const json& row : results) {
    if (row["precision"] == "f32") continue;
    PrintBar(row, "times_f32", "times as fast as f32", row["precision"] == "bf16" ? 1.7 : 2.5);
    PrintBar(row, "part_of_onednn", "part of oneDNN's rate", 0.7);
  }
}

}  // namespace

void PrintEncoderReport(const json& run) {
  std::printf("command  %s\nmachine  %s\nmodel    %s\n\n",
              run["command"].get<std::string>().c_str(), run["machine"].dump().c_str(),
              run["model"].dump().c_str());
  std::printf("%-8s %-9s %7s %7s %9s %9s %11s %7s %9s %8s %9s %10s %9s %9s\n", "text", "precision",
              "threads", "tokens", "ms", "sent./s", "onnxrt. ms", "ratio", "sorted ms", "ratio",
              "GFLOP/s", "of oneDNN", "times f32", "cosine");
  for (const json& row : run["results"]) {
    std::printf("%-8s %-9s %7s %7s %9s %9s %11s %7s %9s %8s %9s %10s %9s %9s\n",
                row["text"].get<std::string>().c_str(), row["precision"].get<std::string>().c_str(),
                Cell(row, "threads", "%.0f").c_str(), Cell(row, "tokens", "%.0f").c_str(),
                Cell(row, "ms", "%.2f").c_str(), Cell(row, "sentences_per_second", "%.0f").c_str(),
                Cell(row, "onnxruntime_ms", "%.2f").c_str(), Cell(row, "ratio", "%.2f").c_str(),
                Cell(row, "onnxruntime_sorted_ms", "%.2f").c_str(),
                Cell(row, "sorted_ratio", "%.2f").c_str(), Cell(row, "gflops", "%.1f").c_str(),
                Cell(row, "part_of_onednn", "%.2f").c_str(), Cell(row, "times_f32", "%.2f").c_str(),
                Cell(row, "cosine_to_f32", "%.6f").c_str());
  }
  PrintEncoderBars(run["results"]);
  if (run.contains("least_cosine")) {
    std::printf("\nleast cosine of a vector and onnxruntime's: %.6f\n",
                run["least_cosine"].get<double>());
  }
}

}  // namespace semblance::bench
