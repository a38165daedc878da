// semblance-bench-encoder: how fast texts become vectors, ours and by onnxruntime.
// docs/benchmarks.md says how to run it and what came out.
#include <CLI/CLI.hpp>
#include <cmath>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "engine/encoder/encoder.h"
#include "tools/bench/encoder/cold_start.h"
#include "tools/bench/encoder/fastest.h"
#include "tools/bench/encoder/matmul_rate.h"
#include "tools/bench/encoder/onnxruntime_peer.h"
#include "tools/bench/encoder/random_model.h"
#include "tools/bench/encoder/report.h"
#include "tools/bench/encoder/workload.h"
#include "tools/bench/machine.h"
#include "tools/cli/extension_path.h"

namespace semblance::bench {
namespace {

using encoder::Precision;
using nlohmann::json;

constexpr double kSameCosine = 0.9999;

struct Options {
  encoder::BertConfig config;
  uint64_t seed = 1;
  double seconds = 1;
  size_t sentences = 512;
  std::string text_file;
  std::vector<int> threads = {1, 2};
  std::vector<std::string> only;
  std::vector<std::string> precisions = {"f32", "bf16", "int8"};
  std::string peers;
  std::string folder = (std::filesystem::temp_directory_path() / "semblance-bench-onnx").string();
  std::string json_file;
  int cold_starts = 0;
};

double Cosine(const float* a, const float* b, size_t width) {
  double product = 0, aa = 0, bb = 0;
  for (size_t i = 0; i < width; ++i) {
    product += double{a[i]} * b[i];
    aa += double{a[i]} * a[i];
    bb += double{b[i]} * b[i];
  }
  return product / std::sqrt(aa * bb);
}

class Run {
 public:
  explicit Run(const Options& options)
      : options_(options), model_(MakeRandomModel(options.config, options.seed)) {
    package_ = model_.Package();
    const auto encoder = encoder::Encoder::Load(package_);
    struct Shape {
      size_t batch, tokens;
    };
    for (const auto& [batch, tokens] :
         {Shape{1, 16}, Shape{1, 32}, Shape{8, 32}, Shape{32, 32}, Shape{32, 128}}) {
      Add(FixedWorkload(batch, tokens, options.config.vocabulary, options.seed));
    }
    Add(RealWorkload(options.text_file, options.sentences, *encoder, options.seed));
  }

  json All() {
    for (const int threads : options_.threads) {
      for (const std::string& name : options_.precisions) {
        const Precision precision = encoder::PrecisionFromName(name).value();
        if (encoder::ComputedIn(precision) != precision) continue;
        const auto encoder =
            encoder::Encoder::Load(package_, {.threads = threads, .precision = precision});
        for (const Workload& workload : workloads_) {
          Measure(workload, *encoder, precision, threads);
        }
      }
    }
    json run;
    if (!options_.peers.empty()) run["least_cosine"] = Compare();
    run["results"] = rows_;
    return run;
  }

 private:
  void Add(Workload workload) {
    bool wanted = options_.only.empty();
    for (const std::string& name : options_.only) wanted |= name == workload.name;
    if (wanted) workloads_.push_back(std::move(workload));
  }

  void Measure(const Workload& workload, const encoder::Encoder& encoder, Precision precision,
               int threads) {
    const std::string name(encoder::PrecisionName(precision));
    std::fprintf(stderr, "%s, %s, %d threads\n", workload.name.c_str(), name.c_str(), threads);
    std::vector<float> vectors;
    const double seconds = FastestSeconds(options_.seconds, ClockFor(threads),
                                          [&] { vectors = encoder.EncodeIds(workload.sentences); });
    const double rate = FloatingOperations(workload, options_.config) / seconds;
    const size_t rows = std::min<size_t>(workload.tokens(), 4096);
    json row = {{"text", workload.name},
                {"precision", name},
                {"threads", threads},
                {"tokens", workload.tokens()},
                {"ms", 1000 * seconds},
                {"sentences_per_second", static_cast<double>(workload.sentences.size()) / seconds},
                {"gflops", rate / 1e9}};
    row["part_of_onednn"] =
        rate / MatmulRate(options_.config, precision, rows, threads, options_.seconds);
    if (precision == Precision::kF32) {
      vectors_[workload.name] = std::move(vectors);
    } else {
      CompareWithF32(vectors, &row);
    }
    rows_.push_back(row);
  }

  // Adds how many times as fast as f32 a row is, and the least cosine of its vectors and f32's.
  void CompareWithF32(const std::vector<float>& vectors, json* row) const {
    for (const json& other : rows_) {
      if (other["text"] != (*row)["text"] || other["threads"] != (*row)["threads"] ||
          other["precision"] != "f32") {
        continue;
      }
      (*row)["times_f32"] = other["ms"].get<double>() / (*row)["ms"].get<double>();
      (*row)["cosine_to_f32"] = LeastCosine(vectors_.at((*row)["text"]), vectors);
    }
  }

  double LeastCosine(const std::vector<float>& a, const std::vector<float>& b) const {
    const auto width = static_cast<size_t>(options_.config.hidden);
    double least = 1;
    for (size_t i = 0; i < a.size(); i += width) {
      least = std::min(least, Cosine(&a[i], &b[i], width));
    }
    return least;
  }

  // Adds the peer's columns; returns the least cosine of vectors that should be the same.
  double Compare() {
    std::fprintf(stderr, "onnxruntime\n");
    const auto results = RunOnnxruntime(
        model_, workloads_, {options_.peers, options_.folder, options_.threads, options_.seconds});
    double least = 1;
    for (const PeerResult& result : results) {
      for (json& row : rows_) {
        if (row["text"] != result.name || row["threads"] != result.threads) continue;
        if (row["precision"] != "f32") continue;
        const double ms = row["ms"];
        row["onnxruntime_ms"] = 1000 * result.seconds;
        row["ratio"] = 1000 * result.seconds / ms;
        row["onnxruntime_sorted_ms"] = 1000 * result.sorted_seconds;
        row["sorted_ratio"] = 1000 * result.sorted_seconds / ms;
      }
      const std::vector<float>& ours = vectors_.at(result.name);
      if (ours.size() != result.vectors.size()) throw std::runtime_error("vectors are missing");
      least = std::min(least, LeastCosine(ours, result.vectors));
    }
    return least;
  }

  const Options& options_;
  RandomModel model_;
  encoder::ModelPackage package_;
  std::vector<Workload> workloads_;
  std::map<std::string, std::vector<float>> vectors_;  // in f32, by the workload's name
  json rows_ = json::array();
};

int MeasureAndPrintColdStart(int rounds) {
  const json cost = MeasureColdStart(cli::FindExtension(), rounds);
  std::printf(
      "machine  %s\nsqlite3, the extension loaded and one text embedded, %d times:\n"
      "fastest %.1f ms, median %.1f ms, processor time %.1f ms, at most %.1f MiB\n",
      DescribeMachine().dump().c_str(), rounds, cost["wall_ms"].get<double>(),
      cost["wall_median_ms"].get<double>(), cost["cpu_ms"].get<double>(),
      cost["peak_mib"].get<double>());
  return 0;
}

int Main(int argc, char** argv) {
  Options options;
  encoder::BertConfig& config = options.config;
  config.layers = 6;
  config.hidden = 384;
  config.heads = 12;
  config.intermediate = 1536;
  config.vocabulary = 30522;
  config.positions = config.max_length = 512;
  CLI::App program("How fast texts become vectors on this machine.", "semblance-bench-encoder");
  const auto size = [&](const char* name, int64_t* value, const char* what) {
    program.add_option(name, *value, what)->capture_default_str();
  };
  size("--layers", &config.layers, "Of the network");
  size("--hidden", &config.hidden, "Its width");
  size("--heads", &config.heads, "Of attention");
  size("--intermediate", &config.intermediate, "The width between a layer's two last products");
  program.add_option("--seed", options.seed, "Of weights and ids")->capture_default_str();
  program.add_option("--seconds", options.seconds, "Of each measurement")->capture_default_str();
  program.add_option("--threads", options.threads, "Numbers of threads")->capture_default_str();
  program.add_option("--sentences", options.sentences, "Real ones")->capture_default_str();
  program.add_option("--text", options.text_file, "Real sentences, one a line, for WordNet's");
  program.add_option("--only", options.only, "Only this text (1x16, real); repeatable");
  program.add_option("--precision", options.precisions, "Which (f32, bf16, int8); repeatable")
      ->check(CLI::IsMember({"f32", "bf16", "int8"}));
  program.add_option("--peers", options.peers, "Where npm installed onnxruntime-node");
  program.add_option("--json", options.json_file, "Write everything measured to this file too");
  program.add_option("--cold-start", options.cold_starts,
                     "Only this: how long a process takes that embeds one text, started so often");
  CLI11_PARSE(program, argc, argv);
  if (options.cold_starts > 0) return MeasureAndPrintColdStart(options.cold_starts);

  json run = Run(options).All();
  for (int i = 0; i < argc; ++i) {
    run["command"] = run.value("command", "") + (i ? " " : "") + argv[i];
  }
  run["machine"] = DescribeMachine();
  run["model"] = {{"layers", config.layers},         {"hidden", config.hidden},
                  {"heads", config.heads},           {"intermediate", config.intermediate},
                  {"vocabulary", config.vocabulary}, {"seed", options.seed}};
  PrintEncoderReport(run);
  if (!options.json_file.empty()) {
    std::ofstream out(options.json_file);
    out << run.dump(1) << "\n";
    if (!out) throw std::runtime_error("cannot write " + options.json_file);
  }
  if (run.value("least_cosine", 1.0) >= kSameCosine) return 0;
  std::fprintf(stderr, "semblance-bench-encoder: onnxruntime's vectors are others\n");
  return 1;
}

}  // namespace
}  // namespace semblance::bench

int main(int argc, char** argv) {
  try {
    return semblance::bench::Main(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "semblance-bench-encoder: %s\n", error.what());
    return 1;
  }
}
