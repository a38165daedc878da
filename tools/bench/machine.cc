#include "tools/bench/machine.h"

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>

namespace semblance::bench {
namespace {

using nlohmann::json;

std::string ProcessorModel() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    const size_t colon = line.find(": ");
    if (line.starts_with("model name") && colon != std::string::npos) return line.substr(colon + 2);
  }
  return "unknown";
}

}  // namespace

json DescribeMachine() {
  json machine = {{"processor", ProcessorModel()}, {"cores", std::thread::hardware_concurrency()}};
  machine["avx2"] = __builtin_cpu_supports("avx2") != 0;
  machine["avx512vnni"] = __builtin_cpu_supports("avx512vnni") != 0;
  return machine;
}

}  // namespace semblance::bench
