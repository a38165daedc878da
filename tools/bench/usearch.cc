#include "tools/bench/usearch.h"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace semblance::bench {
namespace {

using nlohmann::json;

void WriteFloats(const std::string& file, const std::vector<float>& values) {
  std::ofstream out(file, std::ios::binary);
  out.write(reinterpret_cast<const char*>(values.data()),
            static_cast<std::streamsize>(values.size() * sizeof(float)));
  if (!out) throw std::runtime_error("cannot write " + file);
}

std::string Quoted(const std::string& word) {
  std::string quoted = "'";
  for (char c : word) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

json OutputOf(const std::string& command) {
  FILE* const pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) throw std::runtime_error("cannot run node");
  std::string output;
  char buffer[4096];
  for (size_t count; (count = fread(buffer, 1, sizeof(buffer), pipe)) > 0;) {
    output.append(buffer, count);
  }
  if (pclose(pipe) != 0) throw std::runtime_error("node usearch.mjs failed");
  return json::parse(output);
}

}  // namespace

json MeasureUsearch(const std::string& peers, const std::string& type, const DataSet& data,
                    const GraphOptions& graph, const MeasureOptions& options,
                    const std::string& folder) {
  std::filesystem::create_directories(folder);
  WriteFloats(folder + "/rows.f32", data.rows);
  WriteFloats(folder + "/queries.f32", data.queries);
  std::string command = "node " + Quoted(SEMBLANCE_BENCH_SOURCE_DIR "/usearch.mjs");
  for (const std::string& word :
       {peers, folder + "/rows.f32", folder + "/queries.f32", std::to_string(data.dimension),
        std::to_string(options.k), std::to_string(graph.m), std::to_string(graph.ef_construction),
        type}) {
    command += " " + Quoted(word);
  }
  for (uint32_t ef : SweepOf(options.k)) {
    if (ef <= 600) command += " " + std::to_string(ef);
  }
  const json output = OutputOf(command);
  std::filesystem::remove_all(folder);

  json result;
  result["build"]["build_seconds"] = output.at("build_seconds");
  result["searches"] = json::array();
  const Truth truth = FindTruth(data, options.k, kAllParts);
  size_t target = 0;
  for (const json& search : output.at("searches")) {
    double recall = 0;
    for (uint32_t q = 0; q < data.query_count(); ++q) {
      recall += Recall(search["found"][q].get<std::vector<int64_t>>(), truth[q]) /
                data.query_count();
    }
    while (target < options.recalls.size() && recall >= options.recalls[target]) {
      json reached = Percentiles(search["seconds"].get<std::vector<double>>());
      reached["recall"] = recall;
      reached["ef"] = search["ef"];
      reached["target"] = options.recalls[target++];
      result["searches"].push_back(reached);
    }
  }
  return result;
}

}  // namespace semblance::bench
