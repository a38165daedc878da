#include "tools/cli/demo_packages.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <unordered_set>
#include <utility>

namespace semblance::cli {

std::optional<Package> PackageParser::AddLine(std::string_view line) {
  if (line.empty()) return Finish();
  if (line[0] == ' ' || line[0] == '\t') {
    AddContinuation(line.substr(1));
    return std::nullopt;
  }
  in_description_ = false;
  const size_t colon = line.find(": ");
  if (colon == std::string_view::npos) return std::nullopt;
  const std::string_view field = line.substr(0, colon);
  const std::string_view value = line.substr(colon + 2);
  if (field == "Package") {
    package_.name = value;
  } else if (field == "Section") {
    package_.section = value;
  } else if (field == "Installed-Size") {
    std::from_chars(value.data(), value.data() + value.size(), package_.installed_kib);
  } else if (field == "Description" || field == "Description-en") {
    package_.description = value;
    paragraph_.clear();
    in_description_ = in_first_paragraph_ = true;
  }
  return std::nullopt;
}

// A line of the long description; " ." separates its paragraphs.
void PackageParser::AddContinuation(std::string_view line) {
  if (!in_description_ || !in_first_paragraph_) return;
  if (line == ".") {
    in_first_paragraph_ = false;
    return;
  }
  if (!paragraph_.empty()) paragraph_ += ' ';
  paragraph_ += line.substr(std::min(line.find_first_not_of(' '), line.size()));
}

std::optional<Package> PackageParser::Finish() {
  Package package = std::exchange(package_, {});
  const std::string paragraph = std::exchange(paragraph_, {});
  in_description_ = in_first_paragraph_ = false;
  if (package.name.empty() || package.description.empty()) return std::nullopt;
  if (!paragraph.empty()) package.description += ". " + paragraph;
  return package;
}

std::vector<Package> ReadPackages(uint64_t limit) {
  std::vector<Package> packages;
  const auto close = [](std::FILE* pipe) { pclose(pipe); };
  const std::unique_ptr<std::FILE, decltype(close)> pipe(
      popen("apt-cache dumpavail 2>/dev/null", "r"), close);
  if (!pipe) return packages;
  PackageParser parser;
  std::unordered_set<std::string> names;
  const auto keep = [&](std::optional<Package> package) {
    if (package && names.insert(package->name).second) packages.push_back(std::move(*package));
  };
  char* line = nullptr;
  size_t capacity = 0;
  ssize_t length = 0;
  while ((limit == 0 || packages.size() < limit) &&
         (length = getline(&line, &capacity, pipe.get())) > 0) {
    std::string_view text(line, static_cast<size_t>(length));
    if (text.ends_with('\n')) text.remove_suffix(1);
    keep(parser.AddLine(text));
  }
  std::free(line);
  if (limit == 0 || packages.size() < limit) keep(parser.Finish());
  return packages;
}

}  // namespace semblance::cli
