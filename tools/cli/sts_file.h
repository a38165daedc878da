// Files of scored sentence pairs: score <TAB> sentence <TAB> sentence; further columns are ignored.
#pragma once

#include <functional>
#include <string>

namespace semblance::cli {

struct StsPair {
  double score;
  std::string a, b;
};

// Calls with every pair in order; blank lines are passed over. Throws InputError naming the line
// that is none.
void ReadStsFile(const std::string& path, const std::function<void(const StsPair&)>& visit);

}  // namespace semblance::cli
