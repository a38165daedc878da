// Where semblance.so is.
#pragma once

#include <string>

namespace semblance::cli {

// ../lib/semblance.so as seen from the folder of this program, in the library folder that the build
// was configured for where that is another, then semblance.so beside the program, then what the
// environment variable SEMBLANCE_EXTENSION names. Throws std::runtime_error listing the places when
// it is in none.
std::string FindExtension();

}  // namespace semblance::cli
