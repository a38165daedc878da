// semblance: semantic search in SQLite from the command line.
//
// Exit codes: 0 done; 1 SQL, a file or the input was at fault; 2 the command line was.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "tools/cli/commands.h"

namespace {

// "semblance", or with the subcommand that was being read: "semblance import".
std::string NameOf(const CLI::App& program) {
  std::string name = "semblance";
  const CLI::App* app = &program;
  for (auto parsed = app->get_subcommands(); !parsed.empty(); parsed = app->get_subcommands()) {
    app = parsed.back();
    name += " " + app->get_name();
  }
  return name;
}

std::string SubcommandNames(const CLI::App& program) {
  std::string names;
  for (const CLI::App* command : program.get_subcommands([](const CLI::App*) { return true; })) {
    names += (names.empty() ? " " : ", ") + command->get_name();
  }
  return names;
}

int ReportUsage(const CLI::App& program, const std::string& what) {
  const std::string name = NameOf(program);
  std::fprintf(stderr, "%s: %s\nType '%s --help' for what it takes.\n", name.c_str(), what.c_str(),
               name.c_str());
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App program("Semantic search in SQLite: text in, neighbours by meaning out, all of it SQL.",
                   "semblance");
  program.require_subcommand(1);
  program.set_help_flag("-h,--help", "Print this and exit");
  semblance::cli::AddDemoCommand(&program);
  semblance::cli::AddImportCommand(&program);
  semblance::cli::AddMigrateCommand(&program);
  semblance::cli::AddSearchCommand(&program);
  semblance::cli::AddTrainCommand(&program);
  semblance::cli::AddCorpusCommand(&program);
  semblance::cli::AddPlotCommand(&program);
  semblance::cli::AddAblateCommand(&program);
  semblance::cli::AddEvalCommand(&program);
  semblance::cli::AddModelCommand(&program);
  semblance::cli::AddBackupCommand(&program);
  semblance::cli::AddInfoCommand(&program);
  semblance::cli::AddShellCommand(&program);
  try {
    program.parse(argc, argv);
    return 0;
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return program.exit(error);
    const std::vector<std::string> unknown = program.remaining();
    if (program.get_subcommands().empty() && !unknown.empty()) {
      return ReportUsage(program,
                         "there is no '" + unknown[0] + "'; there are" + SubcommandNames(program));
    }
    return ReportUsage(program, error.what());
  } catch (const semblance::cli::UsageError& error) {
    return ReportUsage(program, error.what());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
