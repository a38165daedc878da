// Reading what Measure() gave of a search.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

namespace semblance::bench {

// The median time in milliseconds of a search of `name` in the results of a run: at a target of recall,
// or (target 0) its only one. Nothing when it was not measured.
std::optional<double> MedianOf(const nlohmann::json& results, const std::string& name, double target);

}  // namespace semblance::bench
