// Rows under headings, in columns as wide as their widest cell.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace semblance::cli {

class TextTable {
 public:
  explicit TextTable(std::vector<std::string> headings);

  void AlignRight(size_t column) { right_[column] = true; }
  void AddRow(std::vector<std::string> cells);  // as many cells as headings
  // A line between the rows added so far and the next one.
  void AddRule();

  // Lines that end in '\n'. No line is wider than `width` columns (0: no limit): the widest columns
  // give way, and cells that do not fit end in "…".
  std::string Format(size_t width, const std::string& indent = "") const;
  size_t row_count() const { return rows_.size(); }

 private:
  std::vector<size_t> ColumnWidths(size_t width) const;
  std::string FormatRow(const std::vector<std::string>& cells,
                        const std::vector<size_t>& widths) const;

  std::vector<std::string> headings_;
  std::vector<bool> right_;
  std::vector<std::vector<std::string>> rows_;
  std::vector<size_t> rules_;  // row numbers before which a line stands
};

}  // namespace semblance::cli
