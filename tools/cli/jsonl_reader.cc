#include "tools/cli/jsonl_reader.h"

#include <nlohmann/json.hpp>

namespace semblance::cli {
namespace {

constexpr size_t kAhead = 1000;
// Deeper values would be written back by recursion.
constexpr int kDeepest = 100;
using Json = nlohmann::ordered_json;

Value ToValue(const Json& json) {
  switch (json.type()) {
    case Json::value_t::null:
      return {};
    case Json::value_t::boolean:
      return int64_t{json.get<bool>()};
    case Json::value_t::number_integer:
      return json.get<int64_t>();
    case Json::value_t::number_unsigned:
      if (json.get<uint64_t>() > static_cast<uint64_t>(INT64_MAX)) return json.get<double>();
      return json.get<int64_t>();
    case Json::value_t::number_float:
      return json.get<double>();
    case Json::value_t::string:
      return json.get<std::string>();
    default:
      return json.dump(-1, ' ', false, Json::error_handler_t::replace);
  }
}

}  // namespace

JsonlReader::JsonlReader(const std::string& path) : RecordReader(path) {
  Object object;
  while (ahead_.size() < kAhead && ReadObject(&object)) {
    for (const auto& [key, value] : object.members) {
      if (column_of_.try_emplace(key, columns_.size()).second) columns_.push_back(key);
    }
    ahead_.push_back(std::move(object));
    object = {};
  }
}

bool JsonlReader::ReadObject(Object* object) {
  std::string text;
  do {
    object->line = source_.line();
    if (!source_.GetLine(&text)) return false;
  } while (text.find_first_not_of(" \t\r") == std::string::npos);
  bool too_deep = false;
  Json json;
  try {
    json = Json::parse(text, [&](int depth, Json::parse_event_t, Json&) {
      too_deep |= depth > kDeepest;
      return !too_deep;
    });
  } catch (const Json::exception& error) {
    Fail(object->line, std::string("not JSON: ") + error.what());
  }
  if (too_deep) Fail(object->line, "nested more than " + std::to_string(kDeepest) + " deep");
  if (!json.is_object()) Fail(object->line, "a JSON object was expected, as {\"text\": \"...\"}");
  for (const auto& [key, value] : json.items()) object->members.emplace_back(key, ToValue(value));
  return true;
}

bool JsonlReader::Next(std::vector<Value>* record) {
  Object object;
  if (!ahead_.empty()) {
    object = std::move(ahead_.front());
    ahead_.pop_front();
  } else if (!ReadObject(&object)) {
    return false;
  }
  line_ = object.line;
  record->assign(columns_.size(), Value());
  for (auto& [key, value] : object.members) {
    const auto column = column_of_.find(key);
    if (column == column_of_.end()) {
      Fail(line_, "the key '" + key + "' did not occur in the first " + std::to_string(kAhead) +
                      " objects, from which the columns were taken");
    }
    (*record)[column->second] = std::move(value);
  }
  return true;
}

}  // namespace semblance::cli
