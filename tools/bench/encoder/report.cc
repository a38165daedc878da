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

}  // namespace

void PrintEncoderReport(const json& run) {
  std::printf("command  %s\nmachine  %s\nmodel    %s\n\n",
              run["command"].get<std::string>().c_str(), run["machine"].dump().c_str(),
              run["model"].dump().c_str());
  std::printf("%-8s %7s %7s %9s %9s %11s %7s %9s %8s %9s %10s\n", "text", "threads", "tokens", "ms",
              "sent./s", "onnxrt. ms", "ratio", "sorted ms", "ratio", "GFLOP/s", "of oneDNN");
  for (const json& row : run["results"]) {
    std::printf("%-8s %7s %7s %9s %9s %11s %7s %9s %8s %9s %10s\n",
                row["text"].get<std::string>().c_str(), Cell(row, "threads", "%.0f").c_str(),
                Cell(row, "tokens", "%.0f").c_str(), Cell(row, "ms", "%.2f").c_str(),
                Cell(row, "sentences_per_second", "%.0f").c_str(),
                Cell(row, "onnxruntime_ms", "%.2f").c_str(), Cell(row, "ratio", "%.2f").c_str(),
                Cell(row, "onnxruntime_sorted_ms", "%.2f").c_str(),
                Cell(row, "sorted_ratio", "%.2f").c_str(), Cell(row, "gflops", "%.1f").c_str(),
                Cell(row, "part_of_onednn", "%.2f").c_str());
  }
  if (run.contains("least_cosine")) {
    std::printf("\nleast cosine of a vector and onnxruntime's: %.6f\n",
                run["least_cosine"].get<double>());
  }
}

}  // namespace semblance::bench
