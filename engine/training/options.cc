#include "engine/training/options.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "engine/training/option_specs.h"

namespace semblance::training {
namespace {

using nlohmann::json;

void Set(const OptionSpec& spec, const json& value, Options* options) {
  const auto wrong_type = [&](const std::string& expected) {
    FailOption("training option \"" + std::string(spec.name) + "\" must be " + expected + ", not " +
               value.dump(-1, ' ', false, json::error_handler_t::replace).substr(0, 60));
  };
  if (const auto* integer = std::get_if<int64_t Options::*>(&spec.member)) {
    if (!value.is_number() || value.get<double>() != std::floor(value.get<double>())) {
      wrong_type("a whole number in " + RangeOf(spec));
    }
    CheckRange(spec, value.get<double>());
    options->*(*integer) = value.get<int64_t>();
  } else if (const auto* real = std::get_if<double Options::*>(&spec.member)) {
    if (!value.is_number()) wrong_type("a number in " + RangeOf(spec));
    CheckRange(spec, value.get<double>());
    options->*(*real) = value.get<double>();
  } else if (const auto* flag = std::get_if<bool Options::*>(&spec.member)) {
    const bool is_bit = value.is_number_integer() && (value == 0 || value == 1);
    if (!value.is_boolean() && !is_bit) wrong_type("true or false");
    options->*(*flag) = value.is_boolean() ? value.get<bool>() : value == 1;
  } else if (const auto* list = std::get_if<std::vector<int64_t> Options::*>(&spec.member)) {
    const std::string expected = "a list of whole numbers in " + RangeOf(spec);
    if (!value.is_array()) wrong_type(expected);
    (options->*(*list)).clear();
    for (const json& element : value) {
      if (!element.is_number_integer()) wrong_type(expected);
      CheckRange(spec, element.get<double>());
      (options->*(*list)).push_back(element.get<int64_t>());
    }
  } else {
    const auto text = std::get<std::string Options::*>(spec.member);
    const bool known = value.is_string() && IsChoice(spec, value.get<std::string>());
    if (!known) wrong_type("one of " + Joined(spec.choices, ", "));
    options->*text = value.get<std::string>();
  }
  options->given.insert(spec.name);
}

json Get(const OptionSpec& spec, const Options& options) {
  return std::visit([&](auto member) { return json(options.*member); }, spec.member);
}

}  // namespace

std::vector<OptionRow> OptionTable() {
  const Options defaults;
  std::vector<OptionRow> rows;
  for (const OptionSpec& spec : OptionSpecs()) {
    static constexpr const char* kTypes[] = {"integer", "number", "true/false", "",
                                             "list of integers"};
    const bool numeric = spec.member.index() < 2 || spec.member.index() == 4;
    rows.push_back({spec.name,
                    spec.choices.empty() ? kTypes[spec.member.index()] : Joined(spec.choices, "|"),
                    Get(spec, defaults).dump(), numeric ? RangeOf(spec) : "", spec.meaning});
  }
  return rows;
}

Options ParseOptions(const std::string& text) {
  Options options;
  if (text.empty()) return options;
  const json parsed = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!parsed.is_object()) {
    FailOption("training options must be a JSON object such as {\"epochs\":1}, not " +
               text.substr(0, 60));
  }
  for (const auto& [key, value] : parsed.items()) {
    if (key == "name" || key == "base" || key == "dev" || key == "eval_pairs") continue;
    Set(FindOption(key), value, &options);
  }
  return options;
}

std::string OptionsToJson(const Options& options) {
  json out = json::object();
  for (const OptionSpec& spec : OptionSpecs()) out[spec.name] = Get(spec, options);
  return out.dump();
}

}  // namespace semblance::training
