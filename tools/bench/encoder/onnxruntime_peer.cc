#include "tools/bench/encoder/onnxruntime_peer.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "tools/bench/encoder/onnx_model.h"
#include "tools/bench/program_output.h"

namespace semblance::bench {
namespace {

using nlohmann::json;

void WriteFile(const std::string& path, const std::string& bytes) {
  std::ofstream out(path, std::ios::binary);
  out << bytes;
  if (!out) throw std::runtime_error("cannot write " + path);
}

std::vector<float> ReadFloats(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(in), {}};
  std::vector<float> values(bytes.size() / sizeof(float));
  bytes.copy(reinterpret_cast<char*>(values.data()), values.size() * sizeof(float));
  return values;
}

}  // namespace

std::vector<PeerResult> RunOnnxruntime(const RandomModel& model,
                                       const std::vector<Workload>& workloads, const PeerRun& run) {
  std::filesystem::create_directories(run.work_folder);
  WriteFile(run.work_folder + "/model.onnx", OnnxFile(model));
  json task = {{"threads", run.threads}, {"seconds", run.seconds}};
  for (const Workload& workload : workloads) {
    task["workloads"].push_back({{"name", workload.name},
                                 {"batch", workload.peer_batch},
                                 {"sentences", workload.sentences}});
  }
  WriteFile(run.work_folder + "/task.json", task.dump());
  const json output =
      OutputOfNode(SEMBLANCE_BENCH_SOURCE_DIR "/onnxruntime.mjs", {run.folder, run.work_folder});
  std::vector<PeerResult> results;
  for (const json& one : output) {
    results.push_back({one.at("name"), one.at("threads"), one.at("seconds"),
                       one.at("sorted_seconds"), ReadFloats(one.at("vectors"))});
  }
  std::filesystem::remove_all(run.work_folder);
  return results;
}

}  // namespace semblance::bench
