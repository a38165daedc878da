// What the sqlite3 shell, which has no sanitizer in it, needs to load an extension that has one.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace semblance::cli {

// For RunProgram; empty where nothing is sanitized.
inline std::vector<std::pair<std::string, std::string>> ShellEnvironment() {
  const std::string runtime = SEMBLANCE_SANITIZER_RUNTIME;
  if (runtime.empty()) return {};
  // The shell is Debian's: what it leaks at its end is none of our business.
  return {{"LD_PRELOAD", runtime}, {"ASAN_OPTIONS", "detect_leaks=0"}};
}

}  // namespace semblance::cli
