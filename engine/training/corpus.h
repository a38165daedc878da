// The training text, tokenised once before the first step. In memory stand 8 bytes a row, and 2
// more where rows have tags; the ids are in a temporary file (spill.h) when they are many, and come
// from there by the row.
//
// A row in the file: for each text its hash (8 bytes) and how many ids it has (4 bytes); then the
// ids (4 bytes each) of all texts; then, where it was given, for each id a byte: whether a word
// begins with it. In the machine's own byte order: no other process reads it.
//
// Threads: built by one thread, then read-only.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/training/spill.h"

namespace semblance::training {

using TokenIds = std::span<const int32_t>;  // [CLS] pieces [SEP]

class Corpus {
 public:
  explicit Corpus(int columns) : columns_(static_cast<size_t>(columns)) {}

  // Texts are added column by column, row by row; a row is there after columns() of them.
  // `begins`, for each id whether a word begins with it, is given for all texts or for none. Throws
  // as Spill does.
  void Add(const std::vector<int32_t>& ids, const std::vector<bool>& begins = {});
  // What the sides of the last row are (TrainingInputs); called for all rows or for none. Throws
  // encoder::Error kInvalid where there are more than kMostTagPairs of them: no tags, then.
  static constexpr size_t kMostTagPairs = 4096;
  void Tag(const std::string& first, const std::string& second);

  int columns() const { return static_cast<int>(columns_); }
  size_t rows() const { return places_.size(); }
  uint64_t tokens() const { return tokens_; }

  // The following read the file.
  struct Row {
    std::vector<int32_t> ids;    // of all texts
    std::vector<size_t> ends;    // [columns()], of each text, in ids
    std::vector<uint8_t> words;  // [ids], whether a word begins there; or empty
    TokenIds text(int column) const;
    std::vector<bool> begins(int column) const;
  };
  Row row(size_t row) const;
  // Equal for equal token ids: what the texts of a row are to the network.
  std::vector<uint64_t> text_hashes(size_t row) const;
  // Of all texts in their order, and of the tags.
  uint64_t hash() const;

  // Rows whose tags are the same have the same number, below tag_pairs(); all 0 without tags.
  size_t tag_pairs() const { return std::max<size_t>(tag_names_.size(), 1); }
  const std::vector<std::pair<std::string, std::string>>& tag_names() const { return tag_names_; }
  uint32_t tag_pair(size_t row) const { return tags_.empty() ? 0 : tags_[row]; }

 private:
  void EndRow();

  size_t columns_;
  Spill spill_{"the training rows"};
  std::deque<uint64_t> places_;  // [rows], where each begins
  uint64_t tokens_ = 0;
  std::deque<uint16_t> tags_;  // [rows], places in tag_names_; or empty
  std::vector<std::pair<std::string, std::string>> tag_names_;
  std::vector<std::vector<int32_t>> ids_;  // of the row that is being added
  std::vector<uint8_t> words_;
};

}  // namespace semblance::training
