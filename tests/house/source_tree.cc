#include "tests/house/source_tree.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace semblance::house {
namespace {

constexpr const char* kFolders[] = {"engine", "index", "storage", "sql_ext",
                                    "tests",  "tools", "docs",    ".ci"};
constexpr const char* kFiles[] = {"CMakeLists.txt", "CMakePresets.json", "README.md",
                                  "CHANGELOG.md",   ".clang-format",     ".clang-tidy",
                                  ".gitignore"};

void Read(const std::filesystem::path& root, const std::filesystem::path& path,
          std::vector<SourceFile>* files) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream bytes;
  bytes << file.rdbuf();
  std::string text = bytes.str();
  if (text.find('\0') != std::string::npos) return;  // weights, fixtures
  files->push_back({std::filesystem::relative(path, root).generic_string(), std::move(text)});
}

}  // namespace

std::vector<SourceFile> ReadTree(const std::string& root) {
  std::vector<SourceFile> files;
  for (const char* folder : kFolders) {
    const std::filesystem::path path = std::filesystem::path(root) / folder;
    if (!std::filesystem::exists(path)) continue;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(path)) {
      if (entry.is_regular_file()) Read(root, entry.path(), &files);
    }
  }
  for (const char* name : kFiles) {
    const std::filesystem::path path = std::filesystem::path(root) / name;
    if (std::filesystem::exists(path)) Read(root, path, &files);
  }
  std::sort(files.begin(), files.end(),
            [](const SourceFile& a, const SourceFile& b) { return a.path < b.path; });
  return files;
}

bool StartsWith(std::string_view text, std::string_view start) {
  return text.substr(0, start.size()) == start;
}

bool EndsWith(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

}  // namespace semblance::house
