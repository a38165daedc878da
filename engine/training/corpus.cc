#include "engine/training/corpus.h"

#include "engine/training/random.h"

namespace semblance::training {

void Corpus::Add(const std::vector<int32_t>& ids) {
  ids_.insert(ids_.end(), ids.begin(), ids.end());
  offsets_.push_back(ids_.size());
}

void Corpus::RemoveLastRow() {
  offsets_.resize(offsets_.size() - static_cast<size_t>(columns_));
  ids_.resize(offsets_.back());
}

uint64_t Corpus::text_hash(size_t row, int column) const {
  uint64_t hash = 0;
  for (const int32_t id : text(row, column)) hash = Mix(hash ^ static_cast<uint64_t>(id));
  return hash;
}

}  // namespace semblance::training
