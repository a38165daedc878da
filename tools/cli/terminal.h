// What the program's output goes to.
#pragma once

#include <cstddef>
#include <cstdio>

namespace semblance::cli {

bool IsTerminal(std::FILE* stream);
// Columns of the terminal behind `stream`; 0 (no limit) when it is a file or a pipe.
size_t TerminalWidth(std::FILE* stream);

}  // namespace semblance::cli
