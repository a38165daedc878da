#pragma once

#include <nlohmann/json_fwd.hpp>

namespace semblance::bench {

// The tables of what was measured, to standard output.
void PrintEncoderReport(const nlohmann::json& run);

}  // namespace semblance::bench
