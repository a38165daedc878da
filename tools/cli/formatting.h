// Numbers and text as people read them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace semblance::cli {

std::string FormatCount(uint64_t number);           // 12345 -> "12,345"
std::string FormatSeconds(double seconds);          // "4.2 ms", "3.1 s", "2:05", "1:02:05"
std::string FormatReal(double number, int digits);  // fixed; "" for NaN

// How many columns of a terminal the text takes: code points, with combining marks at 0 and wide
// letters at 2. Invalid bytes count 1 each.
size_t DisplayWidth(std::string_view text);
// At most `width` columns, the last of them "…" when something was cut.
std::string Ellipsize(std::string_view text, size_t width);
// Line ends, tabs and other control characters as single spaces, so that a cell stays one line and
// a text that was stored cannot command the terminal.
std::string OneLine(std::string_view text);

}  // namespace semblance::cli
