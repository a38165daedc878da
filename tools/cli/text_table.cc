#include "tools/cli/text_table.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "tools/cli/formatting.h"

namespace semblance::cli {
namespace {

constexpr size_t kGap = 2;        // columns between cells
constexpr size_t kNarrowest = 6;  // no cell is cut to less

}  // namespace

TextTable::TextTable(std::vector<std::string> headings)
    : headings_(std::move(headings)), right_(headings_.size(), false) {}

void TextTable::AddRow(std::vector<std::string> cells) {
  cells.resize(headings_.size());
  for (std::string& cell : cells) cell = OneLine(cell);
  rows_.push_back(std::move(cells));
}

void TextTable::AddRule() { rules_.push_back(rows_.size()); }

std::vector<size_t> TextTable::ColumnWidths(size_t width) const {
  std::vector<size_t> widths;
  for (const std::string& heading : headings_) widths.push_back(DisplayWidth(heading));
  for (const auto& row : rows_) {
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], DisplayWidth(row[i]));
  }
  const size_t gaps = kGap * (widths.empty() ? 0 : widths.size() - 1);
  size_t total = std::accumulate(widths.begin(), widths.end(), gaps);
  while (width != 0 && total > width) {
    const auto widest = std::max_element(widths.begin(), widths.end());
    if (*widest <= kNarrowest) break;
    --*widest;
    --total;
  }
  return widths;
}

std::string TextTable::FormatRow(const std::vector<std::string>& cells,
                                 const std::vector<size_t>& widths) const {
  std::string line;
  for (size_t i = 0; i < cells.size(); ++i) {
    const std::string cell = Ellipsize(cells[i], widths[i]);
    const std::string padding(widths[i] - std::min(widths[i], DisplayWidth(cell)), ' ');
    if (i > 0) line.append(kGap, ' ');
    line += right_[i] ? padding + cell : cell + padding;
  }
  line.erase(line.find_last_not_of(' ') + 1);
  return line;
}

std::string TextTable::Format(size_t width, const std::string& indent) const {
  const size_t left = width > indent.size() ? width - indent.size() : width;
  const std::vector<size_t> widths = ColumnWidths(left);
  std::vector<std::string> dashes;
  for (size_t column : widths) dashes.emplace_back(column, '-');
  const std::string rule = indent + FormatRow(dashes, widths) + "\n";
  std::string out = indent + FormatRow(headings_, widths) + "\n" + rule;
  for (size_t i = 0; i < rows_.size(); ++i) {
    if (std::count(rules_.begin(), rules_.end(), i) > 0) out += rule;
    out += indent + FormatRow(rows_[i], widths) + "\n";
  }
  return out;
}

}  // namespace semblance::cli
