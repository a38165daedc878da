// The subcommands: each adds itself, with its options, to the program's. What they throw, main
// reports.
#pragma once

#include <stdexcept>
#include <string>

namespace CLI {
class App;
}

namespace semblance::cli {

// Something on the command line is wrong: exit code 2, and a pointer to --help.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

void AddDemoCommand(CLI::App* program);
void AddImportCommand(CLI::App* program);
void AddMigrateCommand(CLI::App* program);
void AddSearchCommand(CLI::App* program);
void AddTrainCommand(CLI::App* program);
void AddCorpusCommand(CLI::App* program);
void AddPlotCommand(CLI::App* program);
void AddAblateCommand(CLI::App* program);
void AddEvalCommand(CLI::App* program);
void AddModelCommand(CLI::App* program);
void AddBackupCommand(CLI::App* program);
void AddInfoCommand(CLI::App* program);
void AddShellCommand(CLI::App* program);

}  // namespace semblance::cli
