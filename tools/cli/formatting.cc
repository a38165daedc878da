#include "tools/cli/formatting.h"

#include <cmath>
#include <cstdio>
#include <vector>

namespace semblance::cli {
namespace {

struct CodePoint {
  uint32_t value;
  size_t bytes;
};

// The code point that `text` begins with; an invalid byte stands for itself.
CodePoint Decode(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  const size_t bytes = first < 0x80    ? 1
                       : first >= 0xf0 ? 4
                       : first >= 0xe0 ? 3
                       : first >= 0xc2 ? 2
                                       : 0;
  if (bytes <= 1 || bytes > text.size()) return {first, 1};
  uint32_t value = first & (0xff >> (bytes + 1));
  for (size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return {first, 1};
    value = value << 6 | (byte(i) & 0x3f);
  }
  return {value, bytes};
}

struct Range {
  uint32_t first, last;
};

bool In(uint32_t value, const std::vector<Range>& ranges) {
  for (const Range& range : ranges) {
    if (value >= range.first && value <= range.last) return true;
  }
  return false;
}

// Not the locale's wcwidth, which knows nothing in the C locale.
size_t WidthOf(uint32_t value) {
  static const std::vector<Range> combining = {
      {0x300, 0x36f},   {0x483, 0x489},   {0x591, 0x5bd},   {0x610, 0x61a},  {0x64b, 0x65f},
      {0x200b, 0x200f}, {0x20d0, 0x20ff}, {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f}};
  static const std::vector<Range> wide = {{0x1100, 0x115f},   {0x2e80, 0x303e},  {0x3041, 0xa4cf},
                                          {0xac00, 0xd7a3},   {0xf900, 0xfaff},  {0xfe30, 0xfe6f},
                                          {0xff00, 0xff60},   {0xffe0, 0xffe6},  {0x1f300, 0x1f64f},
                                          {0x1f900, 0x1f9ff}, {0x20000, 0x3fffd}};
  if (value < 0x300) return 1;
  return In(value, combining) ? 0 : In(value, wide) ? 2 : 1;
}

std::string Printf(const char* format, double number) {
  char buffer[64];
  std::snprintf(buffer, sizeof buffer, format, number);
  return buffer;
}

}  // namespace

std::string FormatCount(uint64_t number) {
  std::string digits = std::to_string(number);
  for (size_t i = digits.size(); i > 3; i -= 3) digits.insert(i - 3, ",");
  return digits;
}

std::string FormatSeconds(double seconds) {
  if (!(seconds >= 0)) return "?";
  if (seconds < 0.9995) return Printf("%.1f ms", seconds * 1000);
  if (seconds < 99.95) return Printf("%.1f s", seconds);
  if (seconds > 359'999) return "> 99 h";
  const auto whole = static_cast<unsigned>(std::lround(seconds));
  char buffer[64];
  if (whole < 3600) {
    std::snprintf(buffer, sizeof buffer, "%u:%02u", whole / 60, whole % 60);
  } else {
    std::snprintf(buffer, sizeof buffer, "%u:%02u:%02u", whole / 3600, whole / 60 % 60, whole % 60);
  }
  return buffer;
}

std::string FormatReal(double number, int digits) {
  if (std::isnan(number)) return "";
  char buffer[64];
  std::snprintf(buffer, sizeof buffer, "%.*f", digits, number);
  return buffer;
}

size_t DisplayWidth(std::string_view text) {
  size_t width = 0;
  while (!text.empty()) {
    const CodePoint point = Decode(text);
    width += WidthOf(point.value);
    text.remove_prefix(point.bytes);
  }
  return width;
}

std::string Ellipsize(std::string_view text, size_t width) {
  if (DisplayWidth(text) <= width) return std::string(text);
  if (width == 0) return "";
  size_t used = 0;
  size_t end = 0;
  while (end < text.size()) {
    const CodePoint point = Decode(text.substr(end));
    if (used + WidthOf(point.value) > width - 1) break;
    used += WidthOf(point.value);
    end += point.bytes;
  }
  return std::string(text.substr(0, end)) + "…";
}

std::string OneLine(std::string_view text) {
  std::string line;
  for (size_t i = 0; i < text.size();) {
    const CodePoint point = Decode(text.substr(i));
    const bool control = point.value < 0x20 || (point.value >= 0x7f && point.value < 0xa0);
    if (!control) {
      line += text.substr(i, point.bytes);
    } else if (line.empty() || line.back() != ' ') {
      line += ' ';
    }
    i += point.bytes;
  }
  return line;
}

}  // namespace semblance::cli
