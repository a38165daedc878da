#include "tools/bench/searches.h"

#include <nlohmann/json.hpp>

namespace semblance::bench {

std::optional<double> MedianOf(const nlohmann::json& results, const std::string& name,
                               double target) {
  if (!results.contains(name) || !results[name].contains("searches")) return std::nullopt;
  for (const nlohmann::json& search : results[name]["searches"]) {
    if (search.value("target", 0.0) == target) return search["p50_ms"].get<double>();
  }
  return std::nullopt;
}

}  // namespace semblance::bench
