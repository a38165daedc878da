// Where semblance.so is.
#pragma once

#include <string>

namespace semblance::cli {

// ../lib/semblance.so as seen from the folder of this program, then semblance.so beside it, then
// what the environment variable SEMBLANCE_EXTENSION names. Throws std::runtime_error listing the
// places when it is in none.
std::string FindExtension();

}  // namespace semblance::cli
