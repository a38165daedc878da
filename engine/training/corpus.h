// The training text, tokenised once before the first step.
//
// Threads: built by one thread, then read-only.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace semblance::training {

using TokenIds = std::span<const int32_t>;  // [CLS] pieces [SEP]

class Corpus {
 public:
  explicit Corpus(int columns) : columns_(columns) {}

  // Texts are added column by column, row by row; a row is complete after columns() of them.
  // `begins`, for each id whether a word begins with it, is given for all texts or for none.
  void Add(const std::vector<int32_t>& ids, const std::vector<bool>& begins = {});
  void RemoveLastRow();  // the last columns() texts
  // What the sides of the last row are (TrainingInputs); asked for all rows or for none. Throws
  // encoder::Error kInvalid where there are more than kMostTagPairs of them: no tags, then.
  static constexpr size_t kMostTagPairs = 4096;
  void Tag(const std::string& first, const std::string& second);

  int columns() const { return columns_; }
  size_t rows() const { return (offsets_.size() - 1) / static_cast<size_t>(columns_); }
  uint64_t tokens() const { return ids_.size(); }
  TokenIds text(size_t row, int column) const {
    const size_t at = row * static_cast<size_t>(columns_) + static_cast<size_t>(column);
    return TokenIds(ids_.data() + offsets_[at], offsets_[at + 1] - offsets_[at]);
  }
  // For each id of the text whether a word begins with it; empty where that was not given.
  std::vector<bool> begins(size_t row, int column) const;
  // Equal for equal token ids: what two texts are to the network.
  uint64_t text_hash(size_t row, int column) const;
  // Rows whose tags are the same have the same number, below tag_pairs(); all 0 without tags.
  size_t tag_pairs() const { return std::max<size_t>(tag_names_.size(), 1); }
  uint32_t tag_pair(size_t row) const { return tags_.empty() ? 0 : tags_[row]; }
  // Of all texts in their order, and of the tags.
  uint64_t hash() const;

 private:
  size_t offset(size_t row, int column) const {
    return offsets_[row * static_cast<size_t>(columns_) + static_cast<size_t>(column)];
  }

  int columns_;
  std::vector<bool> begins_;  // as ids_, or empty
  std::vector<int32_t> ids_;
  std::vector<uint64_t> offsets_ = {0};
  std::vector<uint16_t> tags_;  // [rows], places in tag_names_; or empty
  std::vector<std::pair<std::string, std::string>> tag_names_;
};

}  // namespace semblance::training
