// Where it was measured.
#pragma once

#include <nlohmann/json_fwd.hpp>

namespace semblance::bench {

// Processor model, cores, instruction sets that matter here.
nlohmann::json DescribeMachine();

}  // namespace semblance::bench
