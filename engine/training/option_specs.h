// The list of training options: names, places in Options, ranges, choices and meanings. What reads
// options from JSON (options.h) and from lines of text (options_text.h) goes by it.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "engine/training/options.h"

namespace semblance::training {

using OptionMember = std::variant<int64_t Options::*, double Options::*, bool Options::*,
                                  std::string Options::*, std::vector<int64_t> Options::*>;

struct OptionSpec {
  const char* name;
  OptionMember member;
  double low;
  double high;
  std::vector<std::string> choices;
  const char* meaning;
};

const std::vector<OptionSpec>& OptionSpecs();
// Throws kOption, with the nearest name, where there is none.
const OptionSpec& FindOption(const std::string& key);

std::string RangeOf(const OptionSpec& spec);  // "1..24"
void CheckRange(const OptionSpec& spec, double value);
bool IsChoice(const OptionSpec& spec, const std::string& text);

std::string Shown(double value);
std::string Joined(const std::vector<std::string>& words, const char* between);
[[noreturn]] void FailOption(const std::string& message);  // throws encoder::Error kOption

}  // namespace semblance::training
