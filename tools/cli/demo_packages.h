// Debian's package catalogue as rows: what `apt-cache dumpavail` prints.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace semblance::cli {

struct Package {
  std::string name;
  std::string description;  // the short one, and the first paragraph of the long one where the
                            // catalogue has it
  std::string section;
  int64_t installed_kib = 0;
};

// Reads stanzas of "Field: value" lines, one line at a time.
class PackageParser {
 public:
  // A package when `line` is the blank one that ends its stanza.
  std::optional<Package> AddLine(std::string_view line);
  // The package of the last stanza, when no blank line ended it.
  std::optional<Package> Finish();

 private:
  void AddContinuation(std::string_view line);

  Package package_;
  std::string paragraph_;  // of the long description
  bool in_description_ = false;
  bool in_first_paragraph_ = false;
};

// One row a package name, as it comes first; empty when this system has no apt-cache or its
// catalogue is empty. `limit` 0: all.
std::vector<Package> ReadPackages(uint64_t limit);

}  // namespace semblance::cli
