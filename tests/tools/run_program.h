// Runs a program to its end and keeps what it said.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace semblance::cli {

struct Outcome {
  int code = -1;  // exit code; 128 + the signal's number when one ended it
  std::string out;
  std::string err;
};

// `arguments[0]` is the program. `input` becomes its standard input; `environment` is added to ours
// ("" unsets).
Outcome RunProgram(const std::vector<std::string>& arguments, const std::string& input = "",
                   const std::vector<std::pair<std::string, std::string>>& environment = {});

}  // namespace semblance::cli
