// What a script of a peer says.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace semblance::bench {

// The JSON that `node SCRIPT ARGUMENTS...` prints. Throws std::runtime_error when it fails.
nlohmann::json OutputOfNode(const std::string& script, const std::vector<std::string>& arguments);

}  // namespace semblance::bench
