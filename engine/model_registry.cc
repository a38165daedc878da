#include "engine/model_registry.h"

#include <algorithm>
#include <deque>
#include <nlohmann/json.hpp>
#include <optional>

#include "engine/encoder/recent_texts.h"
#include "engine/error.h"
#include "engine/families.h"
#include "engine/nearest_name.h"
#include "engine/training_log.h"
#include "storage/keys.h"

namespace semblance::engine {
namespace {

constexpr char kDefaultName[] = "default";

std::string ModelKey(const std::string& name, uint32_t version) {
  std::string key = "model/" + name + '\0';
  storage::AppendU32(&key, version);
  return key;
}

std::string FileKey(const std::string& id, const std::string& file) {
  return "file/" + id + "/" + file + "/";
}

ModelInfo Describe(const std::string& name, const encoder::ModelPackage& package,
                   const encoder::Encoder& encoder) {
  ModelInfo info;
  info.name = name;
  info.id = package.Id();
  info.dimension = encoder.dimension();
  info.max_length = encoder.max_length();
  info.dims = encoder.dims();
  info.pooler = encoder::PoolerName(encoder.pooler());
  for (const auto& [file, bytes] : package.files()) info.bytes += bytes.size();
  info.record = "{}";
  return info;
}

std::string ToJson(const ModelInfo& info, const encoder::ModelPackage& package) {
  nlohmann::json files = nlohmann::json::array();
  for (const auto& [file, bytes] : package.files()) files.push_back(file);
  return nlohmann::json({{"id", info.id},
                         {"dimension", info.dimension},
                         {"pooler", info.pooler},
                         {"max_length", info.max_length},
                         {"dims", info.dims},
                         {"bytes", info.bytes},
                         {"created", info.created},
                         {"record", info.record},
                         {"files", files}})
      .dump();
}

// All but name and version, which are in the key.
ModelInfo FromJson(const nlohmann::json& json) {
  ModelInfo info;
  info.id = json.at("id").get<std::string>();
  info.dimension = json.value("dimension", 0u);
  info.max_length = json.value("max_length", 0u);
  info.dims = json.value("dims", std::vector<int64_t>());
  info.pooler = json.value("pooler", "");
  info.bytes = json.value("bytes", uint64_t{0});
  info.created = json.value("created", "");
  info.record = json.value("record", "{}");
  return info;
}

// Gives what `read` gives of the record's JSON.
template <typename Read>
auto ReadRecord(std::string_view key, std::string_view value, Read&& read) {
  const auto json = nlohmann::json::parse(value, nullptr, false);
  try {
    if (json.is_object() && json.contains("id") && json.contains("files")) return read(json);
  } catch (const nlohmann::json::exception&) {
    // A value of another type.
  }
  throw Error(ErrorKind::kCorruption, "the record of model '" +
                                          std::string(key.substr(0, key.find('\0'))) +
                                          "' in the store is damaged");
}

encoder::ModelPackage ReadPackage(const storage::Store& store, const std::string& id,
                                  const std::vector<std::string>& files) {
  encoder::ModelPackage package;
  for (const std::string& file : files) {
    const auto blob = store.OpenBlob(kModels, FileKey(id, file));
    if (!blob) {
      throw Error(ErrorKind::kCorruption,
                  "file " + file + " of model " + id + " is not in the store");
    }
    std::string bytes(blob->size(), '\0');
    blob->Read(bytes.data(), bytes.size());
    package.Add(file, std::move(bytes));
  }
  if (package.Id() != id) {
    throw Error(ErrorKind::kCorruption,
                "the files of model " + id + " in the store are not those that were stored");
  }
  return package;
}

// What an encoder is known by: precisions that are computed alike share one.
std::string CacheKey(const std::string& id, encoder::Precision precision) {
  return id + "/" + std::string(encoder::PrecisionName(encoder::ComputedIn(precision)));
}

// Encoders of this process by CacheKey; kept as long as somebody uses them, the newest few for
// longer.
struct EncoderCache {
  std::mutex mu;
  std::map<std::string, std::weak_ptr<const encoder::Encoder>> encoders;
  std::deque<std::shared_ptr<const encoder::Encoder>> recent;  // kept loaded, newest first

  void Keep(const std::shared_ptr<const encoder::Encoder>& encoder) {
    constexpr size_t kKept = 4;
    std::erase(recent, encoder);
    recent.push_front(encoder);
    if (recent.size() > kKept) recent.pop_back();
  }
};
EncoderCache& Cache() {
  static EncoderCache& cache = *new EncoderCache;  // never destroyed: threads may outlive main
  return cache;
}

std::shared_ptr<const encoder::Encoder> LoadCached(const std::string& id,
                                                   const encoder::ModelPackage& package,
                                                   encoder::Precision precision) {
  const std::string key = CacheKey(id, precision);
  std::lock_guard lock(Cache().mu);
  if (auto encoder = Cache().encoders[key].lock()) return encoder;
  auto encoder =
      encoder::Remembering(encoder::Encoder::Load(package, {.precision = precision}), id);
  Cache().encoders[key] = encoder;
  Cache().Keep(encoder);
  return encoder;
}

}  // namespace

void CheckModelName(const std::string& name) {
  const bool good =
      !name.empty() && name.size() <= 100 &&
      name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") ==
          std::string::npos;
  if (!good) {
    throw Error(ErrorKind::kInvalid,
                "'" + name.substr(0, 100) +
                    "' cannot name a model: 1 to 100 letters, digits, '.', '_' or '-' can");
  }
}

std::shared_ptr<const encoder::Encoder> BuiltInEncoder() {
  static const std::shared_ptr<const encoder::Encoder> encoder =
      LoadCached(encoder::ModelPackage::Default().Id(), encoder::ModelPackage::Default(),
                 encoder::Precision::kF32);
  return encoder;
}

const ModelInfo& BuiltInModel() {
  static const ModelInfo info = [] {
    ModelInfo described =
        Describe(kDefaultName, encoder::ModelPackage::Default(), *BuiltInEncoder());
    described.built_in = true;
    return described;
  }();
  return info;
}

std::vector<ModelInfo> ModelRegistry::Stored() const {
  std::vector<ModelInfo> models;
  if (!store_) return models;
  static constexpr std::string_view kPrefix = "model/";
  for (auto cursor = store_->Scan(kModels, kPrefix); cursor->Valid(); cursor->Next()) {
    std::string_view key = cursor->Key().substr(kPrefix.size());
    ModelInfo info = ReadRecord(key, cursor->Value(), FromJson);
    info.name = key.substr(0, key.find('\0'));
    key.remove_prefix(info.name.size() + 1);
    info.version = storage::TakeU32(&key);
    models.push_back(std::move(info));
  }
  return models;
}

std::vector<ModelInfo> ModelRegistry::ListAll() const {
  std::vector<ModelInfo> models = Stored();
  const bool has_default = std::any_of(models.begin(), models.end(), [](const ModelInfo& info) {
    return info.name == kDefaultName;
  });
  if (!has_default) models.push_back(BuiltInModel());
  for (ModelInfo& info : models) info.precision = PrecisionOf(info.id).precision();
  std::sort(models.begin(), models.end(), [](const ModelInfo& a, const ModelInfo& b) {
    return a.name != b.name ? a.name < b.name : a.version < b.version;
  });
  return models;
}

std::vector<ModelInfo> ModelRegistry::List() const {
  std::vector<ModelInfo> newest;
  for (ModelInfo& info : ListAll()) {
    if (!newest.empty() && newest.back().name == info.name) newest.pop_back();
    newest.push_back(std::move(info));
  }
  return newest;
}

ModelInfo ModelRegistry::Find(const std::string& name) const {
  std::vector<std::string> names;
  for (ModelInfo& info : List()) {
    if (info.name == name) return info;
    names.push_back(info.name);
  }
  throw Error(ErrorKind::kNotFound, "no model is named '" + name + "'" + DidYouMean(name, names) +
                                        "; SELECT name FROM semblance_models lists them");
}

ModelInfo ModelRegistry::Register(const std::string& name, const encoder::ModelPackage& package,
                                  const std::string& record) {
  CheckModelName(name);
  if (!store_) throw Error(ErrorKind::kNotFound, "this database has no store to keep models in");
  ModelInfo info =
      Describe(name, package, *LoadCached(package.Id(), package, encoder::Precision::kF32));
  info.record = record.empty() ? "{}" : record;
  info.created = NowUtc();
  std::lock_guard lock(mu_);
  std::optional<ModelInfo> newest;
  for (ModelInfo& known : Stored()) {
    if (known.name == name && (!newest || known.version > newest->version))
      newest = std::move(known);
  }
  if (newest && newest->id == info.id) return *newest;
  if (newest) info.version = newest->version + 1;
  for (const auto& [file, bytes] : package.files()) {
    if (store_->OpenBlob(kModels, FileKey(info.id, file)))
      continue;  // another name has the same content
    const auto blob = store_->NewBlob(kModels, FileKey(info.id, file));
    blob->Write(bytes);
    blob->Finish();
  }
  auto transaction = store_->Begin();
  transaction->Put(kModels, ModelKey(name, info.version), ToJson(info, package));
  transaction->Commit(true);
  return info;
}

ModelInfo ModelRegistry::Pin(const std::string& name) {
  ModelInfo info = Find(name);
  if (!info.built_in) return info;
  return Register(name, encoder::ModelPackage::Default(), info.record);
}

PrecisionChoice ModelRegistry::PrecisionOf(const std::string& id) const {
  return store_ ? ReadPrecision(*store_, id) : PrecisionChoice{};
}

void ModelRegistry::ChoosePrecision(const std::string& id, const PrecisionChoice& choice) {
  if (!store_) throw Error(ErrorKind::kNotFound, "this database has no store to keep models in");
  std::lock_guard lock(mu_);
  WritePrecision(store_.get(), id, choice);
}

encoder::ModelPackage ModelRegistry::Package(const std::string& id) const {
  if (store_) {
    static constexpr std::string_view kPrefix = "model/";
    for (auto cursor = store_->Scan(kModels, kPrefix); cursor->Valid(); cursor->Next()) {
      using Record = std::pair<std::string, std::vector<std::string>>;
      const auto [named, files] = ReadRecord(
          cursor->Key().substr(kPrefix.size()), cursor->Value(), [](const nlohmann::json& json) {
            return Record(json.at("id"), json.at("files").get<std::vector<std::string>>());
          });
      if (named == id) return ReadPackage(*store_, id, files);
    }
  }
  if (encoder::ModelPackage::Default().Id() == id) return encoder::ModelPackage::Default();
  throw Error(ErrorKind::kNotFound, "the model with id " + id + " is not in this database's store");
}

std::shared_ptr<const encoder::Encoder> LoadedEncoder(const std::string& id,
                                                      encoder::Precision precision) {
  std::lock_guard lock(Cache().mu);
  const auto known = Cache().encoders.find(CacheKey(id, precision));
  if (known == Cache().encoders.end()) return nullptr;
  auto encoder = known->second.lock();
  if (encoder) Cache().Keep(encoder);
  return encoder;
}

std::shared_ptr<const encoder::Encoder> ModelRegistry::EncoderById(const std::string& id) const {
  return EncoderById(id, PrecisionOf(id).precision());
}

std::shared_ptr<const encoder::Encoder> ModelRegistry::EncoderById(
    const std::string& id, encoder::Precision precision) const {
  if (auto encoder = LoadedEncoder(id, precision)) return encoder;
  return LoadCached(id, Package(id), precision);
}

std::shared_ptr<const encoder::Encoder> ModelRegistry::EncoderByName(
    const std::string& name) const {
  return EncoderById(Find(name).id);
}

}  // namespace semblance::engine
