#include "tests/house/binary.h"

#include <cstdio>
#include <sstream>
#include <stdexcept>

#include "tests/house/source_tree.h"

namespace semblance::house {
namespace {

std::string OutputOf(const std::string& command) {
  FILE* const pipe = popen(("LC_ALL=C " + command).c_str(), "r");
  if (pipe == nullptr) throw std::runtime_error("cannot run " + command);
  std::string output;
  char buffer[4096];
  size_t bytes = 0;
  while ((bytes = fread(buffer, 1, sizeof(buffer), pipe)) > 0) output.append(buffer, bytes);
  if (pclose(pipe) != 0) throw std::runtime_error("failed: " + command);
  return output;
}

std::string Quoted(const std::string& file) { return "'" + file + "'"; }

std::vector<std::string> Lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

}  // namespace

std::vector<std::string> ParseExports(const std::string& nm_output) {
  std::vector<std::string> names;
  for (const std::string& line : Lines(nm_output)) {
    std::istringstream words(line);  // address, type, name
    std::string address, type, name;
    if (words >> address >> type >> name) names.push_back(name.substr(0, name.find('@')));
  }
  return names;
}

std::vector<std::string> ParseNeeded(const std::string& readelf_output) {
  std::vector<std::string> libraries;
  for (const std::string& line : Lines(readelf_output)) {
    if (line.find("(NEEDED)") == std::string::npos) continue;
    const size_t begin = line.find('[');
    const size_t end = line.find(']');
    if (begin != std::string::npos && end != std::string::npos) {
      libraries.push_back(line.substr(begin + 1, end - begin - 1));
    }
  }
  return libraries;
}

std::vector<std::string> ParseLoaded(const std::string& ldd_output) {
  std::vector<std::string> libraries;
  for (const std::string& line : Lines(ldd_output)) {
    std::istringstream words(line);
    std::string name;
    if (words >> name) libraries.push_back(name.substr(name.rfind('/') + 1));
  }
  return libraries;
}

std::vector<std::string> ExportsOf(const std::string& file) {
  return ParseExports(OutputOf("nm -D --defined-only " + Quoted(file)));
}

std::vector<std::string> NeededBy(const std::string& file) {
  return ParseNeeded(OutputOf("readelf -d " + Quoted(file)));
}

std::vector<std::string> LoadedBy(const std::string& file) {
  return ParseLoaded(OutputOf("ldd " + Quoted(file)));
}

std::vector<std::string> Among(const std::vector<std::string>& libraries,
                               const std::vector<std::string>& names) {
  std::vector<std::string> found;
  for (const std::string& library : libraries) {
    for (const std::string& name : names) {
      if (StartsWith(library, name)) found.push_back(library);
    }
  }
  return found;
}

}  // namespace semblance::house
