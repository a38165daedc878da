// semblance model: what models a database has; models out to folders and in from them.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>

#include "tools/cli/commands.h"
#include "tools/cli/connection.h"
#include "tools/cli/result_table.h"
#include "tools/cli/sts_file.h"
#include "tools/cli/terminal.h"

namespace semblance::cli {
namespace {

struct ModelOptions {
  std::string database;
  std::string name;
  std::string folder;
  std::string pooler;
  std::string precision;
  std::string dev;
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

// The pairs of the file as a table that a query reads: dev(a, b, score).
void ReadDev(Connection* connection, const std::string& file) {
  connection->Execute("CREATE TEMP TABLE dev(a TEXT, b TEXT, score REAL)");
  Statement insert(connection->handle(), "INSERT INTO dev VALUES (?1, ?2, ?3)");
  ReadStsFile(file, [&](const StsPair& pair) {
    insert.Bind(1, pair.a).Bind(2, pair.b).Bind(3, pair.score);
    insert.Step();
    insert.Reset();
  });
}

void SetPrecision(const ModelOptions& options) {
  if (!options.precision.empty() && !options.dev.empty()) {
    throw UsageError("--dev measures which precision to take: name none beside it");
  }
  Connection connection(options.database, Connection::Create::kNo);
  if (!options.dev.empty()) {
    ReadDev(&connection, options.dev);
    const std::string measured = std::get<std::string>(connection.Single(
        "SELECT semblance_measure_precision(?1, 'SELECT a, b, score FROM temp.dev')",
        {options.name}));
    std::printf("%s\n", measured.c_str());
  } else if (!options.precision.empty()) {
    connection.Single("SELECT semblance_model_precision(?1, ?2)",
                      {options.name, options.precision});
  }
  const std::string precision = std::get<std::string>(
      connection.Single("SELECT semblance_model_precision(?1)", {options.name}));
  std::printf("model '%s' is computed in %s\n", options.name.c_str(), precision.c_str());
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
  CLI::App* precision = command->add_subcommand(
      "precision", "Show, choose or measure in which numbers a model is computed");
  precision->add_option("DB", options->database, "The database")->required();
  precision->add_option("NAME", options->name, "The model")->required();
  precision->add_option("PRECISION", options->precision,
                        "f32, bf16, int8, or auto: what was measured last, or else f32");
  precision->add_option("--dev", options->dev,
                        "Pairs with scores, as of STS-B: take the fastest precision that loses at "
                        "most 0.3 points of Spearman's correlation");
  precision->callback([options] { SetPrecision(*options); });
}

}  // namespace semblance::cli
