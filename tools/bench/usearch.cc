#include "tools/bench/usearch.h"

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "tools/bench/program_output.h"

namespace semblance::bench {
namespace {

using nlohmann::json;

void WriteFloats(const std::string& file, const std::vector<float>& values) {
  std::ofstream out(file, std::ios::binary);
  out.write(reinterpret_cast<const char*>(values.data()),
            static_cast<std::streamsize>(values.size() * sizeof(float)));
  if (!out) throw std::runtime_error("cannot write " + file);
}

}  // namespace

json MeasureUsearch(const std::string& peers, const std::string& type, const DataSet& data,
                    const GraphOptions& graph, const MeasureOptions& options,
                    const std::string& folder) {
  std::filesystem::create_directories(folder);
  WriteFloats(folder + "/rows.f32", data.rows);
  WriteFloats(folder + "/queries.f32", data.queries);
  std::vector<std::string> arguments = {
      peers, folder + "/rows.f32", folder + "/queries.f32", std::to_string(data.dimension),
      std::to_string(options.k), std::to_string(graph.m), std::to_string(graph.ef_construction),
      type};
  for (uint32_t ef : SweepOf(options.k)) {
    if (ef <= 600) arguments.push_back(std::to_string(ef));
  }
  const json output = OutputOfNode(SEMBLANCE_BENCH_SOURCE_DIR "/usearch.mjs", arguments);
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
