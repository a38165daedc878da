#include "tools/cli/extension_path.h"

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <vector>

namespace semblance::cli {

std::string FindExtension() {
  namespace fs = std::filesystem;
  std::error_code error;
  const fs::path folder = fs::read_symlink("/proc/self/exe", error).parent_path();
  const fs::path prefix = folder.parent_path();
  std::vector<fs::path> places = {prefix / "lib" / "semblance.so"};
  if (fs::path(SEMBLANCE_LIBDIR) != "lib") {
    places.push_back(prefix / SEMBLANCE_LIBDIR / "semblance.so");
  }
  places.push_back(folder / "semblance.so");
  const char* named = std::getenv("SEMBLANCE_EXTENSION");
  if (named && *named) places.emplace_back(named);
  std::string looked;
  for (const fs::path& place : places) {
    if (fs::exists(place, error)) return fs::absolute(place).string();
    looked += "\n  " + place.string();
  }
  throw std::runtime_error("the extension semblance.so is in none of these places:" + looked +
                           (named ? "" : "\nSet SEMBLANCE_EXTENSION to its path."));
}

}  // namespace semblance::cli
