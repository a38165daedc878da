// What a process pays that embeds one text: from its start to its end.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace semblance::bench {

// Starts the sqlite3 shell `rounds` times, which loads `extension` and embeds a text with the
// default model:
//   {"wall_ms": fastest, "wall_median_ms", "cpu_ms": fastest, user and system, "peak_mib": largest
//   resident memory, "rounds"}
// Throws std::runtime_error when the shell is not there or its answer is no vector.
nlohmann::json MeasureColdStart(const std::string& extension, int rounds);

}  // namespace semblance::bench
