#include "tools/bench/program_output.h"

#include <cstdio>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace semblance::bench {
namespace {

std::string Quoted(const std::string& word) {
  std::string quoted = "'";
  for (char c : word) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

}  // namespace

nlohmann::json OutputOfNode(const std::string& script, const std::vector<std::string>& arguments) {
  std::string command = "node " + Quoted(script);
  for (const std::string& word : arguments) command += " " + Quoted(word);
  FILE* const pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) throw std::runtime_error("cannot run node");
  std::string output;
  char buffer[4096];
  for (size_t count; (count = fread(buffer, 1, sizeof(buffer), pipe)) > 0;) {
    output.append(buffer, count);
  }
  if (pclose(pipe) != 0) throw std::runtime_error("node " + script + " failed");
  return nlohmann::json::parse(output);
}

}  // namespace semblance::bench
