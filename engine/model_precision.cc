#include "engine/model_precision.h"

#include <nlohmann/json.hpp>

#include "engine/families.h"

namespace semblance::engine {
namespace {

using nlohmann::json;

std::string KeyOf(std::string_view model_id) { return "precision/" + std::string(model_id); }

std::optional<encoder::Precision> Read(const json& record, const char* name) {
  if (!record.is_object() || !record.contains(name) || !record[name].is_string()) {
    return std::nullopt;
  }
  return encoder::PrecisionFromName(record[name].get<std::string>());
}

void Write(json* record, const char* name, std::optional<encoder::Precision> precision) {
  if (precision) (*record)[name] = encoder::PrecisionName(*precision);
}

}  // namespace

PrecisionChoice ReadPrecision(const storage::Store& store, std::string_view model_id) {
  const auto bytes = store.Get(kModels, KeyOf(model_id));
  if (!bytes) return {};
  const json record = json::parse(*bytes, nullptr, false);
  return {Read(record, "chosen"), Read(record, "measured")};
}

void WritePrecision(storage::Store* store, std::string_view model_id,
                    const PrecisionChoice& choice) {
  json record = json::object();
  Write(&record, "chosen", choice.chosen);
  Write(&record, "measured", choice.measured);
  const auto transaction = store->Begin();
  transaction->Put(kModels, KeyOf(model_id), record.dump());
  transaction->Commit(true);
}

}  // namespace semblance::engine
