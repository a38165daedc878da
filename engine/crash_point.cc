#include "engine/crash_point.h"

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <string>

namespace semblance::engine {
namespace {

struct Target {
  std::string name;
  std::atomic<long> passes_left{1};
};

Target* FromEnvironment() {
  const char* value = std::getenv("SEMBLANCE_CRASH_AT");
  if (value == nullptr || *value == '\0') return nullptr;
  static Target target;
  target.name = value;
  // Names hold one ':' of their own; a second one begins the count.
  const size_t colon = target.name.rfind(':');
  if (colon != std::string::npos &&
      target.name.find_first_not_of("0123456789", colon + 1) == std::string::npos) {
    target.passes_left = std::strtol(value + colon + 1, nullptr, 10);
    target.name.resize(colon);
  }
  return &target;
}

}  // namespace

void CrashPoint(const char* name) {
  static Target* const target = FromEnvironment();
  if (target == nullptr || target->name != name) return;
  if (target->passes_left.fetch_sub(1) == 1) std::raise(SIGKILL);
}

}  // namespace semblance::engine
