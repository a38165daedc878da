// What Semblance sets out to reach, held against one run's measurements.
#pragma once

#include <nlohmann/json_fwd.hpp>

namespace semblance::bench {

// One line a bar: what is compared, what was asked for, what was measured, and whether that is
// enough. `results` as PrintReport takes them; bars whose sides were not both measured are left
// out. `rows`: of the data.
void PrintBars(const nlohmann::json& results, double rows);

}  // namespace semblance::bench
