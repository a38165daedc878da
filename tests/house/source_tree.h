// The files of the repository, as the house tests read them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace semblance::house {

struct SourceFile {
  std::string path;  // from the root: "index/segment.h"
  std::string text;
};

// Every text file of the repository: its folders, and the files beside them. Build folders and what
// an editor or a user left at the top are not in it.
std::vector<SourceFile> ReadTree(const std::string& root);

bool StartsWith(std::string_view text, std::string_view start);
bool EndsWith(std::string_view text, std::string_view end);

}  // namespace semblance::house
