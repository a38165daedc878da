#include "engine/training/corpus.h"

#include "engine/encoder/error.h"
#include "engine/training/random.h"

namespace semblance::training {

void Corpus::Add(const std::vector<int32_t>& ids, const std::vector<bool>& begins) {
  ids_.insert(ids_.end(), ids.begin(), ids.end());
  begins_.insert(begins_.end(), begins.begin(), begins.end());
  offsets_.push_back(ids_.size());
}

void Corpus::RemoveLastRow() {
  offsets_.resize(offsets_.size() - static_cast<size_t>(columns_));
  ids_.resize(offsets_.back());
  if (!begins_.empty()) begins_.resize(offsets_.back());
  if (tags_.size() > rows()) tags_.resize(rows());
}

void Corpus::Tag(const std::string& first, const std::string& second) {
  const std::pair<std::string, std::string> names(first, second);
  const auto found = std::find(tag_names_.begin(), tag_names_.end(), names);
  if (found == tag_names_.end() && tag_names_.size() >= kMostTagPairs) {
    throw encoder::Error(encoder::ErrorKind::kInvalid,
                         "the training query gives more than " + std::to_string(kMostTagPairs) +
                             " combinations of tags; a tag is a language, a domain");
  }
  tags_.push_back(static_cast<uint16_t>(found - tag_names_.begin()));
  if (found == tag_names_.end()) tag_names_.push_back(names);
}

std::vector<bool> Corpus::begins(size_t row, int column) const {
  if (begins_.empty()) return {};
  const auto first = begins_.begin() + static_cast<std::ptrdiff_t>(offset(row, column));
  return {first, first + static_cast<std::ptrdiff_t>(text(row, column).size())};
}

uint64_t Corpus::hash() const {
  uint64_t hash = 0;
  for (size_t row = 0; row < rows(); ++row) {
    for (int column = 0; column < columns_; ++column) hash = Mix(hash ^ text_hash(row, column));
    if (!tags_.empty()) hash = Mix(hash ^ tags_[row]);
  }
  for (const auto& [first, second] : tag_names_) {
    for (const char c : first + '\n' + second + '\n') {
      hash = Mix(hash ^ static_cast<unsigned char>(c));
    }
  }
  return hash;
}

uint64_t Corpus::text_hash(size_t row, int column) const {
  uint64_t hash = 0;
  for (const int32_t id : text(row, column)) hash = Mix(hash ^ static_cast<uint64_t>(id));
  return hash;
}

}  // namespace semblance::training
