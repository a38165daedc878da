// What a shared object exports and needs, as binutils and the loader tell.
#pragma once

#include <string>
#include <vector>

namespace semblance::house {

// Names of the dynamic symbols that `nm -D --defined-only` lists.
std::vector<std::string> ParseExports(const std::string& nm_output);
// Libraries that `readelf -d` lists as NEEDED.
std::vector<std::string> ParseNeeded(const std::string& readelf_output);
// Libraries that `ldd` lists, those that others need included.
std::vector<std::string> ParseLoaded(const std::string& ldd_output);

// The same of a file. Throw std::runtime_error when the program that tells is not there or fails.
std::vector<std::string> ExportsOf(const std::string& file);
std::vector<std::string> NeededBy(const std::string& file);
std::vector<std::string> LoadedBy(const std::string& file);

// Those that begin with one of `names`.
std::vector<std::string> Among(const std::vector<std::string>& libraries,
                               const std::vector<std::string>& names);

}  // namespace semblance::house
