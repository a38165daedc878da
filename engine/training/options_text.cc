#include "engine/training/options_text.h"

#include <charconv>
#include <sstream>

#include "engine/encoder/error.h"
#include "engine/training/option_specs.h"

namespace semblance::training {
namespace {

std::string Shortest(double value) {
  char digits[32];
  const auto [end, error] = std::to_chars(digits, digits + sizeof digits, value);
  return std::string(digits, end);
}

std::string Text(int64_t value) { return std::to_string(value); }
std::string Text(double value) { return Shortest(value); }
std::string Text(bool value) { return value ? "true" : "false"; }
std::string Text(const std::string& value) { return value; }
std::string Text(const std::vector<int64_t>& list) {
  std::string text;
  for (const int64_t number : list) text += (text.empty() ? "" : ",") + std::to_string(number);
  return text;
}

// All of `text` as a number in the option's range.
template <typename Number>
Number Parsed(const OptionSpec& spec, const std::string& text) {
  Number number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) {
    FailOption("training option \"" + std::string(spec.name) + "\" must be a number in " +
               RangeOf(spec) + ", not " + text);
  }
  CheckRange(spec, static_cast<double>(number));
  return number;
}

struct Setter {
  const OptionSpec& spec;
  const std::string& text;
  Options* options;

  void operator()(int64_t Options::*member) const {
    options->*member = Parsed<int64_t>(spec, text);
  }
  void operator()(double Options::*member) const { options->*member = Parsed<double>(spec, text); }
  void operator()(bool Options::*member) const {
    if (text != "true" && text != "false") {
      FailOption("training option \"" + std::string(spec.name) + "\" must be true or false, not " +
                 text);
    }
    options->*member = text == "true";
  }
  void operator()(std::string Options::*member) const {
    if (!IsChoice(spec, text)) {
      FailOption("training option \"" + std::string(spec.name) + "\" must be one of " +
                 Joined(spec.choices, ", ") + ", not " + text);
    }
    options->*member = text;
  }
  void operator()(std::vector<int64_t> Options::*member) const {
    (options->*member).clear();
    std::istringstream parts(text);
    for (std::string part; std::getline(parts, part, ',');) {
      (options->*member).push_back(Parsed<int64_t>(spec, part));
    }
  }
};

}  // namespace

std::string OptionsToText(const Options& options) {
  std::string text;
  for (const OptionSpec& spec : OptionSpecs()) {
    const std::string value =
        std::visit([&](auto member) { return Text(options.*member); }, spec.member);
    text += std::string(spec.name) + "=" + value + "\n";
  }
  return text;
}

Options OptionsFromText(const std::string& text) {
  Options options;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const size_t equals = line.find('=');
    if (equals == std::string::npos) {
      throw encoder::Error(encoder::ErrorKind::kCorruption, "no option: " + line.substr(0, 60));
    }
    SetOption(line.substr(0, equals), line.substr(equals + 1), &options);
  }
  return options;
}

void SetOption(const std::string& name, const std::string& value, Options* options) {
  const OptionSpec& spec = FindOption(name);
  std::visit(Setter{spec, value, options}, spec.member);
  options->given.insert(name);
}

}  // namespace semblance::training
