// This program again, as a child that may be killed.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace semblance::stress {

inline constexpr int kReports = 3;  // the child's descriptor, to write to

struct SelfProcess {
  pid_t process;
  int reports;  // to read from what the child writes to kReports; the caller's to close
};

// `arguments` begin with the program's name. `crash_at`: SEMBLANCE_CRASH_AT's value, a named point
// at which the child kills itself; empty: none. Throws std::runtime_error.
SelfProcess StartSelf(std::vector<std::string> arguments, const std::string& crash_at);

}  // namespace semblance::stress
