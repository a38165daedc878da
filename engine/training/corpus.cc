#include "engine/training/corpus.h"

#include <cstring>

#include "engine/encoder/error.h"
#include "engine/training/random.h"

namespace semblance::training {
namespace {

constexpr size_t kHead = sizeof(uint64_t) + sizeof(uint32_t);  // hash and number of ids of a text

uint64_t TextHash(const std::vector<int32_t>& ids) {
  uint64_t hash = 0;
  for (const int32_t id : ids) hash = Mix(hash ^ static_cast<uint64_t>(id));
  return hash;
}

template <typename Number>
void Put(Number number, std::string* out) {
  out->append(reinterpret_cast<const char*>(&number), sizeof number);
}

template <typename Number>
Number Get(const char* from) {
  Number number;
  std::memcpy(&number, from, sizeof number);
  return number;
}

}  // namespace

TokenIds Corpus::Row::text(int column) const {
  const auto at = static_cast<size_t>(column);
  const size_t begin = at == 0 ? 0 : ends[at - 1];
  return TokenIds(ids).subspan(begin, ends[at] - begin);
}

std::vector<bool> Corpus::Row::begins(int column) const {
  if (words.empty()) return {};
  const auto at = static_cast<size_t>(column);
  return {words.begin() + static_cast<std::ptrdiff_t>(at == 0 ? 0 : ends[at - 1]),
          words.begin() + static_cast<std::ptrdiff_t>(ends[at])};
}

void Corpus::Add(const std::vector<int32_t>& ids, const std::vector<bool>& begins) {
  ids_.push_back(ids);
  words_.insert(words_.end(), begins.begin(), begins.end());
  if (ids_.size() == columns_) EndRow();
}

void Corpus::EndRow() {
  std::string bytes;
  for (const std::vector<int32_t>& ids : ids_) {
    Put(TextHash(ids), &bytes);
    Put(static_cast<uint32_t>(ids.size()), &bytes);
    tokens_ += ids.size();
  }
  for (const std::vector<int32_t>& ids : ids_) {
    bytes.append(reinterpret_cast<const char*>(ids.data()), ids.size() * sizeof(int32_t));
  }
  bytes.append(reinterpret_cast<const char*>(words_.data()), words_.size());
  const uint64_t place = spill_.size();
  spill_.Append(bytes);
  places_.push_back(place);
  ids_.clear();
  words_.clear();
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

Corpus::Row Corpus::row(size_t row) const {
  const uint64_t end = row + 1 < rows() ? places_[row + 1] : spill_.size();
  std::string bytes(static_cast<size_t>(end - places_[row]), '\0');
  spill_.Read(places_[row], bytes.data(), bytes.size());
  Row out;
  size_t ids = 0;
  for (size_t column = 0; column < columns_; ++column) {
    ids += Get<uint32_t>(&bytes[column * kHead + sizeof(uint64_t)]);
    out.ends.push_back(ids);
  }
  const char* from = bytes.data() + columns_ * kHead;
  out.ids.resize(ids);
  std::memcpy(out.ids.data(), from, ids * sizeof(int32_t));
  out.words.resize(bytes.size() - columns_ * kHead - ids * sizeof(int32_t));
  std::memcpy(out.words.data(), from + ids * sizeof(int32_t), out.words.size());
  return out;
}

std::vector<uint64_t> Corpus::text_hashes(size_t row) const {
  std::string heads(columns_ * kHead, '\0');
  spill_.Read(places_[row], heads.data(), heads.size());
  std::vector<uint64_t> hashes;
  for (size_t column = 0; column < columns_; ++column) {
    hashes.push_back(Get<uint64_t>(&heads[column * kHead]));
  }
  return hashes;
}

uint64_t Corpus::hash() const {
  uint64_t hash = 0;
  for (size_t row = 0; row < rows(); ++row) {
    for (const uint64_t text : text_hashes(row)) hash = Mix(hash ^ text);
    if (!tags_.empty()) hash = Mix(hash ^ tags_[row]);
  }
  for (const auto& [first, second] : tag_names_) {
    for (const char c : first + '\n' + second + '\n') {
      hash = Mix(hash ^ static_cast<unsigned char>(c));
    }
  }
  return hash;
}

}  // namespace semblance::training
