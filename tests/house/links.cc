#include "tests/house/links.h"

#include <cctype>
#include <filesystem>
#include <map>
#include <regex>
#include <set>
#include <sstream>

namespace semblance::house {
namespace {

// The lines of a page outside blocks of code.
std::vector<std::pair<size_t, std::string>> ProseOf(const SourceFile& page) {
  std::vector<std::pair<size_t, std::string>> prose;
  std::istringstream lines(page.text);
  bool code = false;
  std::string line;
  for (size_t number = 1; std::getline(lines, line); ++number) {
    if (StartsWith(line, "```")) {
      code = !code;
    } else if (!code && !StartsWith(line, "    ")) {
      prose.emplace_back(number, line);
    }
  }
  return prose;
}

std::string AnchorOf(std::string_view heading) {
  std::string anchor;
  for (const char c : heading) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == ' ') {
      anchor += '-';
    } else if (std::isalnum(byte) != 0 || c == '-' || c == '_') {
      anchor += static_cast<char>(std::tolower(byte));
    }
  }
  return anchor;
}

// Where a link of `page` leads, from the root: the file, and what stands behind its #.
std::pair<std::string, std::string> TargetOf(const SourceFile& page, const std::string& link) {
  const size_t hash = link.find('#');
  const std::string file = link.substr(0, hash);
  const std::filesystem::path folder = std::filesystem::path(page.path).parent_path();
  return {file.empty() ? page.path : (folder / file).lexically_normal().generic_string(),
          hash == std::string::npos ? "" : link.substr(hash + 1)};
}

}  // namespace

std::vector<std::string> AnchorsOf(const SourceFile& page) {
  std::vector<std::string> anchors;
  std::map<std::string, int> seen;
  for (const auto& [number, line] : ProseOf(page)) {
    const size_t text = line.find_first_not_of('#');
    if (text == 0 || text == std::string::npos || line[text] != ' ') continue;
    const std::string anchor = AnchorOf(std::string_view(line).substr(text + 1));
    const int before = seen[anchor]++;
    anchors.push_back(before == 0 ? anchor : anchor + "-" + std::to_string(before));
  }
  return anchors;
}

std::vector<std::string> BrokenLinks(const std::vector<SourceFile>& tree) {
  std::map<std::string, std::set<std::string>> anchors;  // of each file; of pages alone not empty
  std::set<std::string> folders;
  for (const SourceFile& file : tree) {
    std::vector<std::string> of_file;
    if (EndsWith(file.path, ".md")) of_file = AnchorsOf(file);
    anchors[file.path] = {of_file.begin(), of_file.end()};
    std::filesystem::path folder = std::filesystem::path(file.path).parent_path();
    for (; !folder.empty(); folder = folder.parent_path()) folders.insert(folder.generic_string());
  }
  static const std::regex link(R"(\]\(([^()\s]+)\))");
  static const std::regex code("`[^`]*`");
  std::vector<std::string> broken;
  for (const SourceFile& page : tree) {
    if (!EndsWith(page.path, ".md")) continue;
    for (const auto& [number, line] : ProseOf(page)) {
      const std::string text = std::regex_replace(line, code, "`");
      for (std::sregex_iterator it(text.begin(), text.end(), link), end; it != end; ++it) {
        const std::string to = (*it)[1];
        if (to.find(':') != std::string::npos) continue;
        auto [file, anchor] = TargetOf(page, to);
        while (EndsWith(file, "/")) file.pop_back();
        const auto found = anchors.find(file);
        const bool there = found != anchors.end() ? anchor.empty() || found->second.count(anchor)
                                                  : anchor.empty() && folders.count(file);
        if (there) continue;
        broken.push_back(page.path + ":" + std::to_string(number) + ": nothing at " + to);
      }
    }
  }
  return broken;
}

}  // namespace semblance::house
