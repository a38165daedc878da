// One measurement in a process of its own, so that memory is counted from nothing and what crashes
// there is only missing from the table.
#pragma once

#include <functional>
#include <nlohmann/json_fwd.hpp>

namespace semblance::bench {

// What `work` gives; {"error": …} when it threw or the process ended otherwise.
nlohmann::json RunInChild(const std::function<nlohmann::json()>& work);

}  // namespace semblance::bench
