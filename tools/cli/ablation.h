// The settings that the SimCSE paper compares on STS-B dev, and what it measured there with
// BERT-base.
#pragma once

#include <optional>
#include <vector>

namespace semblance::cli {

struct Setting {
  const char* name;             // also of its runs, behind "ablation-"
  const char* options;          // JSON, over the ones that all settings share
  std::optional<double> paper;  // Spearman x 100; none: the paper has no such number
};
const std::vector<Setting>& Settings();

}  // namespace semblance::cli
