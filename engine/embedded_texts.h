// Vectors of texts that were embedded lately, so that what is imported again is not embedded again:
// by a hash of the text, its model and the precision that it is computed in.
//
// Threads: any.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/encoder/encoder.h"

namespace semblance::engine {

class EmbeddedTexts {
 public:
  static constexpr size_t kBytes = size_t{16} << 20;  // of vectors, all in all

  explicit EmbeddedTexts(size_t bytes = kBytes);
  static EmbeddedTexts& OfProcess();

  // As encoder.Encode: vectors [texts.size(), encoder.dimension()]. Only texts that are not here
  // are given to the encoder, those of a call together and each once.
  std::vector<float> Encode(const encoder::Encoder& encoder, std::string_view model_id,
                            std::span<const std::string_view> texts,
                            const std::function<bool()>& cancel);

 private:
  // 128 bits, with a seed that nobody outside of the process knows.
  struct Key {
    uint64_t low, high;
    bool operator==(const Key&) const = default;
  };
  struct LowBits {
    size_t operator()(const Key& key) const { return key.low; }
  };
  using Vectors = std::unordered_map<Key, std::vector<float>, LowBits>;

  bool Find(const Key& key, float* vector);
  void Keep(const Key& key, std::vector<float> vector);

  const size_t bytes_;
  const uint64_t seed_;
  std::mutex mu_;
  // Guarded by mu_. What was asked for since the young ones were as many as this holds; and what
  // was before that, which goes when they are again.
  Vectors young_, old_;
  size_t young_bytes_ = 0;
};

}  // namespace semblance::engine
