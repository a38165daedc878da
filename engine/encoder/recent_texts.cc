#include "engine/encoder/recent_texts.h"

#include <xxhash.h>

#include <algorithm>

namespace semblance::encoder {
namespace {

constexpr uint64_t kLimitBytes = uint64_t{32} << 20;
// Of an entry besides its vector: two nodes and an allocation each.
constexpr uint64_t kEntryBytes = 128;

class RememberingEncoder : public Encoder {
 public:
  RememberingEncoder(std::shared_ptr<const Encoder> encoder, const std::string& model_id,
                     RecentTexts* texts)
      : encoder_(std::move(encoder)),
        model_id_(model_id + " " + std::string(PrecisionName(encoder_->computed_in()))),
        texts_(*texts) {}

  uint32_t dimension() const override { return encoder_->dimension(); }
  const std::vector<int64_t>& dims() const override { return encoder_->dims(); }
  uint32_t max_length() const override { return encoder_->max_length(); }
  Pooler pooler() const override { return encoder_->pooler(); }
  Precision computed_in() const override { return encoder_->computed_in(); }
  const Tokenizer& tokenizer() const override { return encoder_->tokenizer(); }
  uint64_t memory_bytes() const override { return encoder_->memory_bytes(); }
  std::vector<float> EncodeIds(std::span<const std::vector<int32_t>> ids,
                               const std::function<bool()>& cancel) const override {
    return encoder_->EncodeIds(ids, cancel);
  }

  std::vector<float> Encode(std::span<const std::string_view> texts,
                            const std::function<bool()>& cancel) const override {
    std::vector<TextKey> keys;
    for (const std::string_view text : texts) keys.push_back(RecentTexts::KeyOf(model_id_, text));
    std::vector<float> vectors(texts.size() * dimension());
    std::vector<size_t> unknown = texts_.Find(keys, dimension(), vectors.data());
    if (!unknown.empty()) Compute(texts, keys, unknown, cancel, vectors.data());
    return vectors;
  }

 private:
  void Compute(std::span<const std::string_view> texts, const std::vector<TextKey>& keys,
               std::vector<size_t> unknown, const std::function<bool()>& cancel,
               float* vectors) const {
    const auto by_key = [&](size_t a, size_t b) {
      return std::pair(keys[a].high, keys[a].low) < std::pair(keys[b].high, keys[b].low);
    };
    std::sort(unknown.begin(), unknown.end(), by_key);
    std::vector<std::string_view> once;
    for (size_t i = 0; i < unknown.size(); ++i) {
      if (IsNew(keys, unknown, i)) once.push_back(texts[unknown[i]]);
    }
    const std::vector<float> computed = encoder_->Encode(once, cancel);
    const size_t width = dimension();
    size_t at = 0;  // behind the row of `computed` that is unknown[i]'s
    for (size_t i = 0; i < unknown.size(); ++i) {
      if (IsNew(keys, unknown, i)) {
        texts_.Remember(keys[unknown[i]], std::span(computed).subspan(at++ * width, width));
      }
      std::copy_n(computed.data() + (at - 1) * width, width, vectors + unknown[i] * width);
    }
  }

  static bool IsNew(const std::vector<TextKey>& keys, const std::vector<size_t>& sorted, size_t i) {
    return i == 0 || !(keys[sorted[i]] == keys[sorted[i - 1]]);
  }

  const std::shared_ptr<const Encoder> encoder_;
  const std::string model_id_;
  RecentTexts& texts_;
};

}  // namespace

RecentTexts& RecentTexts::OfProcess() {
  static RecentTexts& texts = *new RecentTexts(kLimitBytes);  // threads may outlive main
  return texts;
}

TextKey RecentTexts::KeyOf(const std::string& model_id, std::string_view text) {
  const uint64_t seed = XXH3_64bits(model_id.data(), model_id.size());
  const XXH128_hash_t hash = XXH3_128bits_withSeed(text.data(), text.size(), seed);
  return {hash.low64, hash.high64};
}

uint64_t RecentTexts::BytesOf(const Entry& entry) {
  return entry.vector.size() * sizeof(float) + kEntryBytes;
}

std::vector<size_t> RecentTexts::Find(std::span<const TextKey> keys, size_t dimension,
                                      float* vectors) {
  std::vector<size_t> unknown;
  const std::lock_guard lock(mutex_);
  for (size_t i = 0; i < keys.size(); ++i) {
    const auto place = places_.find(keys[i]);
    if (place == places_.end() || place->second->vector.size() != dimension) {
      unknown.push_back(i);
      continue;
    }
    entries_.splice(entries_.begin(), entries_, place->second);
    std::copy_n(place->second->vector.data(), dimension, vectors + i * dimension);
  }
  misses_ += unknown.size();
  hits_ += keys.size() - unknown.size();
  return unknown;
}

void RecentTexts::Remember(const TextKey& key, std::span<const float> vector) {
  const std::lock_guard lock(mutex_);
  if (places_.contains(key)) return;
  entries_.push_front({key, {vector.begin(), vector.end()}});
  places_[key] = entries_.begin();
  bytes_ += BytesOf(entries_.front());
  while (bytes_ > limit_bytes_) {
    bytes_ -= BytesOf(entries_.back());
    places_.erase(entries_.back().key);
    entries_.pop_back();
  }
}

RecentTexts::Counts RecentTexts::counts() const {
  const std::lock_guard lock(mutex_);
  return {entries_.size(), bytes_, limit_bytes_, hits_, misses_};
}

std::shared_ptr<const Encoder> Remembering(std::shared_ptr<const Encoder> encoder,
                                           const std::string& model_id, RecentTexts& texts) {
  return std::make_shared<RememberingEncoder>(std::move(encoder), model_id, &texts);
}

}  // namespace semblance::encoder
