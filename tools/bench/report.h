// What people read of the measurements.
#pragma once

#include <nlohmann/json_fwd.hpp>

namespace semblance::bench {

// run: {"command", "machine", "data", "results": {name: Measure's object or {"error"}}}.
// Tables of builds, searches (recall beside speed), filters, ratios of ours to the others, and bars.h's.
void PrintReport(const nlohmann::json& run);

}  // namespace semblance::bench
