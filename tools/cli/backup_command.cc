// semblance backup: a copy of a database and of its store, while others write.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>

#include "tools/cli/commands.h"
#include "tools/cli/connection.h"

namespace semblance::cli {
namespace {

struct BackupOptions {
  std::string database;
  std::string folder;
};

void Backup(const BackupOptions& options) {
  Connection connection(options.database, Connection::Create::kNo);
  const Value file = connection.Single("SELECT semblance_backup(?1)", {options.folder});
  const auto* path = std::get_if<std::string>(&file);
  std::printf("%s is a copy of %s\n", path ? path->c_str() : "", options.database.c_str());
}

}  // namespace

void AddBackupCommand(CLI::App* program) {
  auto options = std::make_shared<BackupOptions>();
  CLI::App* command = program->add_subcommand(
      "backup", "Copy a database and its vectors into a folder, while others write");
  command->add_option("DB", options->database, "The database")->required();
  command->add_option("FOLDER", options->folder, "Made when missing; must be empty")->required();
  command->callback([options] { Backup(*options); });
}

}  // namespace semblance::cli
