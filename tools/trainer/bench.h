// The speed of a training step.
#pragma once

#include <string>
#include <vector>

namespace semblance::trainer {

// Prints it; whether it reaches the bar. `settings` are name=value: seconds, and training options.
bool Bench(const std::vector<std::string>& settings);

}  // namespace semblance::trainer
