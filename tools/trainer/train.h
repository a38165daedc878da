// A training from a corpus file to a model's folder.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace semblance::trainer {

// Prints a line a report. `settings` are name=value, of options that do not change what is learned.
// `cancel` is polled between steps. Throws std::exception; `folder` is there only when the model
// is.
void Train(const std::string& corpus, const std::string& folder,
           const std::vector<std::string>& settings, const std::function<bool()>& cancel);

}  // namespace semblance::trainer
