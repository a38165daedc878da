// Lines that a person or another program can type.
#pragma once

#include <string>

namespace semblance::cli {

// The sqlite3 shell's ".load" with the path as it takes it: in double quotes, '"' and '\' escaped.
std::string LoadCommand(const std::string& extension);
// A word for sh: as it is, or in single quotes.
std::string ShellWord(const std::string& word);

}  // namespace semblance::cli
