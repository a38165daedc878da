#include "engine/manifest.h"

#include <nlohmann/json.hpp>
#include <random>

#include "engine/error.h"
#include "engine/families.h"
#include "engine/row_codec.h"
#include "storage/keys.h"

namespace semblance::engine {
namespace {
constexpr int kFormat = 1;
}

std::optional<Manifest> ReadManifest(const storage::Store& store, uint64_t collection) {
  const auto text = store.Get(kMeta, ManifestKey(collection));
  if (!text) return std::nullopt;
  const auto json = nlohmann::json::parse(*text, nullptr, false);
  if (!json.is_object() || json.value("format", 0) != kFormat) {
    throw Error(ErrorKind::kCorruption, "the manifest of collection " + Hex(collection) +
                                            " is not of a format this version reads");
  }
  try {
    Manifest manifest;
    manifest.segments = json.at("segments").get<std::vector<uint64_t>>();
    manifest.next_segment = json.at("next_segment").get<uint64_t>();
    manifest.covered = json.at("covered").get<uint64_t>();
    manifest.as_of = json.at("as_of").get<uint64_t>();
    manifest.kept_from = json.at("kept_from").get<uint64_t>();
    return manifest;
  } catch (const nlohmann::json::exception& error) {
    throw Error(ErrorKind::kCorruption,
                "the manifest of collection " + Hex(collection) + " is damaged: " + error.what());
  }
}

void WriteManifest(storage::Transaction& transaction, uint64_t collection,
                   const Manifest& manifest) {
  const nlohmann::json json = {{"format", kFormat},
                               {"segments", manifest.segments},
                               {"next_segment", manifest.next_segment},
                               {"covered", manifest.covered},
                               {"as_of", manifest.as_of},
                               {"kept_from", manifest.kept_from}};
  transaction.Put(kMeta, ManifestKey(collection), json.dump());
}

LastCommit ReadLastCommit(const storage::Store& store, uint64_t collection) {
  LastCommit commit;
  const auto value = store.Get(kMeta, LastCommitKey(collection));
  if (!value) return commit;
  std::string_view rest = *value;
  commit.number = storage::TakeU64(&rest);
  if (!rest.empty()) commit.stamp = storage::TakeU64(&rest);
  return commit;
}

uint64_t NewStamp() {
  std::random_device device;
  return (static_cast<uint64_t>(device()) << 32 | device()) | 1;
}

void WriteLastCommit(storage::Transaction& transaction, uint64_t collection,
                     const LastCommit& commit) {
  std::string value;
  storage::AppendU64(&value, commit.number);
  storage::AppendU64(&value, commit.stamp);
  transaction.Put(kMeta, LastCommitKey(collection), value);
}

void RemoveCollection(storage::Store* store, uint64_t collection) {
  for (storage::Family family : {kSegments, kLog, kRows})
    store->DeletePrefix(family, CollectionPrefix(collection));
  store->DeletePrefix(kMeta, ManifestKey(collection));
  store->DeletePrefix(kMeta, LastCommitKey(collection));
}

}  // namespace semblance::engine
