// semblance model: what models a database has; models out to folders and in from them.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>

#include "tools/cli/commands.h"
#include "tools/cli/connection.h"
#include "tools/cli/result_table.h"
#include "tools/cli/terminal.h"

namespace semblance::cli {
namespace {

struct ModelOptions {
  std::string database;
  std::string name;
  std::string folder;
  std::string pooler;
};

void List(const ModelOptions& options) {
  const std::string file = options.database.empty() ? ":memory:" : options.database;
  Connection connection(file, Connection::Create::kNo);
  Statement statement(connection.handle(), "SELECT * FROM semblance_models");
  std::fputs(ReadTable(&statement).Format(TerminalWidth(stdout)).c_str(), stdout);
}

void Export(const ModelOptions& options) {
  Connection connection(options.database, Connection::Create::kNo);
  connection.Single("SELECT semblance_export_model(?1, ?2)", {options.name, options.folder});
  std::printf("model '%s' is in folder %s\n", options.name.c_str(), options.folder.c_str());
}

void Import(const ModelOptions& options) {
  Connection connection(options.database, Connection::Create::kYes);
  connection.Single("SELECT semblance_import_model(?1, ?2, nullif(?3, ''))",
                    {options.folder, options.name, options.pooler});
  std::printf("model '%s' is in %s\n", options.name.c_str(), options.database.c_str());
}

}  // namespace

void AddModelCommand(CLI::App* program) {
  auto options = std::make_shared<ModelOptions>();
  CLI::App* command =
      program->add_subcommand("model", "List models, write them to a folder, read them from one");
  command->require_subcommand(1);
  CLI::App* list = command->add_subcommand("list", "Show the models of a database");
  list->add_option("DB", options->database, "The database; without one, the built-in model");
  list->callback([options] { List(*options); });
  CLI::App* exported = command->add_subcommand(
      "export", "Write a model to a folder that Hugging Face's libraries read too");
  exported->add_option("DB", options->database, "The database")->required();
  exported->add_option("NAME", options->name, "The model")->required();
  exported->add_option("FOLDER", options->folder, "Made when missing")->required();
  exported->callback([options] { Export(*options); });
  CLI::App* imported = command->add_subcommand(
      "import",
      "Read a model from a folder: an exported one, or a published BERT, RoBERTa, XLM-R, "
      "MPNet, ALBERT, SimCSE or sentence-transformers model");
  imported->add_option("DB", options->database, "The database; made when missing")->required();
  imported
      ->add_option(
          "FOLDER", options->folder,
          "With config.json, model.safetensors or pytorch_model.bin, and the tokenizer's files")
      ->required();
  imported->add_option("NAME", options->name, "What it is to be called")->required();
  imported->add_option("--pooler", options->pooler,
                       "How its token vectors become one, where the folder does not say: avg, cls, "
                       "cls_before_pooler, avg_top2, avg_first_last");
  imported->callback([options] { Import(*options); });
}

}  // namespace semblance::cli
