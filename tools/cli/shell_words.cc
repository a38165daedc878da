#include "tools/cli/shell_words.h"

namespace semblance::cli {

std::string LoadCommand(const std::string& extension) {
  std::string quoted;
  for (char c : extension) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return ".load \"" + quoted + "\"";
}

std::string ShellWord(const std::string& word) {
  const bool plain = !word.empty() && word.find_first_not_of(
                                          "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                          "0123456789_-./,:=@%+") == std::string::npos;
  if (plain) return word;
  std::string quoted = "'";
  for (char c : word) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

}  // namespace semblance::cli
