// "Did you mean …?" for option, model and column names.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace semblance::engine {

// ", did you mean 'x'?" with the nearest of `names` by edit distance; empty when none is near.
std::string DidYouMean(std::string_view name, const std::vector<std::string>& names);

}  // namespace semblance::engine
