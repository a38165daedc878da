// Vectors of texts that were embedded lately in this process, so that a text which is imported
// again unchanged, into another table or by another connection, is not embedded again.
//
// A text is known by 128 bits of hash over its bytes and the model's identity; the text itself is
// not kept. What was not asked for longest goes first. Threads: everything may be called from any
// thread.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/encoder/encoder.h"

namespace semblance::encoder {

struct TextKey {
  uint64_t low = 0, high = 0;
  bool operator==(const TextKey&) const = default;
};

class RecentTexts {
 public:
  struct Counts {
    uint64_t texts = 0;        // that are remembered
    uint64_t bytes = 0;        // that they take, about
    uint64_t limit_bytes = 0;  // that they may take
    uint64_t hits = 0;         // texts that were asked for and known, since the process began
    uint64_t misses = 0;
  };

  explicit RecentTexts(uint64_t limit_bytes) : limit_bytes_(limit_bytes) {}
  RecentTexts(const RecentTexts&) = delete;
  RecentTexts& operator=(const RecentTexts&) = delete;

  // The process's own, 32 MiB.
  static RecentTexts& OfProcess();
  static TextKey KeyOf(const std::string& model_id, std::string_view text);

  // Writes the vectors of the known texts to their rows of `vectors` [keys.size(), dimension];
  // returns the numbers of the others.
  std::vector<size_t> Find(std::span<const TextKey> keys, size_t dimension, float* vectors);
  void Remember(const TextKey& key, std::span<const float> vector);
  Counts counts() const;

 private:
  struct Entry {
    TextKey key;
    std::vector<float> vector;
  };
  struct Hash {
    size_t operator()(const TextKey& key) const { return static_cast<size_t>(key.low); }
  };
  static uint64_t BytesOf(const Entry& entry);

  const uint64_t limit_bytes_;
  mutable std::mutex mutex_;
  // Guarded by mutex_.
  std::list<Entry> entries_;  // asked for last, first
  std::unordered_map<TextKey, std::list<Entry>::iterator, Hash> places_;
  uint64_t bytes_ = 0, hits_ = 0, misses_ = 0;
};

// The encoder with a memory in front of it: Encode computes what `texts` does not know, a text that
// stands twice once. `model_id` is the identity of the encoder's model (ModelPackage::Id).
std::shared_ptr<const Encoder> Remembering(std::shared_ptr<const Encoder> encoder,
                                           const std::string& model_id,
                                           RecentTexts& texts = RecentTexts::OfProcess());

}  // namespace semblance::encoder
