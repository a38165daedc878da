#include "tools/cli/training_options.h"

#include <nlohmann/json.hpp>

#include "tools/cli/commands.h"

namespace semblance::cli {
namespace {

std::string Text(const nlohmann::json& object) {
  try {
    return object.dump();
  } catch (const nlohmann::json::exception&) {
    throw UsageError("the options are not valid UTF-8");
  }
}

}  // namespace

std::string OptionsObject(const std::vector<std::string>& options) {
  nlohmann::json object = nlohmann::json::object();
  for (const std::string& option : options) {
    const size_t equals = option.find('=');
    if (equals == std::string::npos || equals == 0) {
      throw UsageError("--option " + option + ": expected name=value, as in --option epochs=2");
    }
    const std::string value = option.substr(equals + 1);
    auto parsed = nlohmann::json::parse(value, nullptr, false);
    object[option.substr(0, equals)] = parsed.is_discarded() ? nlohmann::json(value) : parsed;
  }
  return Text(object);
}

std::string Merged(const std::string& first, const std::string& second) {
  nlohmann::json object = nlohmann::json::parse(first);
  object.update(nlohmann::json::parse(second));
  return Text(object);
}

}  // namespace semblance::cli
