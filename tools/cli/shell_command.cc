// semblance shell: the sqlite3 shell with the extension loaded.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "tools/cli/commands.h"
#include "tools/cli/extension_path.h"
#include "tools/cli/shell_words.h"

namespace semblance::cli {
namespace {

struct ShellOptions {
  std::string database = ":memory:";
  std::vector<std::string> sql;
};

// Becomes the sqlite3 program; comes back only to throw.
void Shell(const ShellOptions& options) {
  std::vector<std::string> words = {"sqlite3", "-cmd", LoadCommand(FindExtension()),
                                    options.database};
  words.insert(words.end(), options.sql.begin(), options.sql.end());
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  execvp("sqlite3", arguments.data());
  if (errno == ENOENT) {
    throw std::runtime_error(
        "the sqlite3 shell is not installed. On Debian: apt-get install sqlite3");
  }
  throw std::runtime_error(std::string("cannot start sqlite3: ") + std::strerror(errno));
}

}  // namespace

void AddShellCommand(CLI::App* program) {
  auto options = std::make_shared<ShellOptions>();
  CLI::App* command =
      program->add_subcommand("shell", "Open the sqlite3 shell with the extension loaded");
  command->add_option("DB", options->database, "The database; default: one in memory");
  command->add_option("SQL", options->sql,
                      "Statements to run instead of reading them from the terminal");
  command->callback([options] { Shell(*options); });
}

}  // namespace semblance::cli
