// --option name=value, as train and ablate take them.
#pragma once

#include <string>
#include <vector>

namespace semblance::cli {

// The JSON object of `options`, each "name=value". Numbers, true, false and lists are JSON; what is
// not JSON is text, so that nobody has to quote twice. Throws UsageError.
std::string OptionsObject(const std::vector<std::string>& options);

// The members of both objects; where both have a name, those of `second`. Throws UsageError for
// text that is not UTF-8.
std::string Merged(const std::string& first, const std::string& second);

}  // namespace semblance::cli
