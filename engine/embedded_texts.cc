#include "engine/embedded_texts.h"

#include <xxhash.h>

#include <algorithm>
#include <random>
#include <utility>

namespace semblance::engine {
namespace {

uint64_t RandomSeed() {
  std::random_device random;
  return uint64_t{random()} << 32 | random();
}

}  // namespace

EmbeddedTexts::EmbeddedTexts(size_t bytes) : bytes_(bytes), seed_(RandomSeed()) {}

EmbeddedTexts& EmbeddedTexts::OfProcess() {
  static auto* const texts = new EmbeddedTexts;  // connections may close after main
  return *texts;
}

bool EmbeddedTexts::Find(const Key& key, float* vector) {
  const std::lock_guard lock(mu_);
  auto found = young_.find(key);
  if (found == young_.end()) {
    auto before = old_.find(key);
    if (before == old_.end()) return false;
    found = young_.insert(old_.extract(before)).position;
    young_bytes_ += found->second.size() * sizeof(float);
  }
  std::copy(found->second.begin(), found->second.end(), vector);
  return true;
}

void EmbeddedTexts::Keep(const Key& key, std::vector<float> vector) {
  const std::lock_guard lock(mu_);
  const size_t bytes = vector.size() * sizeof(float);
  if (young_bytes_ + bytes > bytes_ / 2) {
    old_ = std::exchange(young_, {});
    young_bytes_ = 0;
  }
  if (young_.emplace(key, std::move(vector)).second) young_bytes_ += bytes;
}

std::vector<float> EmbeddedTexts::Encode(const encoder::Encoder& encoder, std::string_view model_id,
                                         std::span<const std::string_view> texts,
                                         const std::function<bool()>& cancel) {
  const size_t dimension = encoder.dimension();
  std::string model(model_id);
  model += encoder::PrecisionName(encoder.computed_in());
  const uint64_t seed = XXH3_64bits_withSeed(model.data(), model.size(), seed_);
  std::vector<float> vectors(texts.size() * dimension);
  std::unordered_map<Key, std::vector<size_t>, LowBits> places;  // of what is not here
  std::vector<std::string_view> missing;
  std::vector<Key> keys;
  for (size_t i = 0; i < texts.size(); ++i) {
    const XXH128_hash_t hash = XXH3_128bits_withSeed(texts[i].data(), texts[i].size(), seed);
    const Key key{hash.low64, hash.high64};
    const auto waiting = places.find(key);
    if (waiting != places.end()) {
      waiting->second.push_back(i);
    } else if (!Find(key, vectors.data() + i * dimension)) {
      places[key].push_back(i);
      missing.push_back(texts[i]);
      keys.push_back(key);
    }
  }
  if (missing.empty()) return vectors;
  const std::vector<float> made = encoder.Encode(missing, cancel);
  for (size_t m = 0; m < missing.size(); ++m) {
    const auto vector = made.begin() + static_cast<ptrdiff_t>(m * dimension);
    for (size_t place : places[keys[m]])
      std::copy_n(vector, dimension, vectors.begin() + static_cast<ptrdiff_t>(place * dimension));
    Keep(keys[m], {vector, vector + static_cast<ptrdiff_t>(dimension)});
  }
  return vectors;
}

}  // namespace semblance::engine
