// semblance corpus: what a query gives to train on, as a file for semblance-trainer.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tools/cli/commands.h"
#include "tools/cli/connection.h"
#include "tools/cli/interrupt.h"
#include "tools/cli/training_options.h"

namespace semblance::cli {
namespace {

struct CorpusOptions {
  std::string database;
  std::string query;
  std::string file;
  std::string base;
  std::string dev;
  std::string eval_pairs;
  std::vector<std::string> options;  // k=v
};

void WriteCorpus(const CorpusOptions& options) {
  nlohmann::json json = nlohmann::json::object();
  if (!options.base.empty()) json["base"] = options.base;
  if (!options.dev.empty()) json["dev"] = options.dev;
  if (!options.eval_pairs.empty()) json["eval_pairs"] = options.eval_pairs;
  Connection connection(options.database, Connection::Create::kNo);
  const InterruptOnSignal interrupt(&connection);
  const auto rows = std::get<int64_t>(connection.Single(
      "SELECT semblance_export_corpus(?1, ?2, ?3)",
      {options.query, Merged(OptionsObject(options.options), json.dump()), options.file}));
  std::printf("%lld rows are in %s\n", static_cast<long long>(rows), options.file.c_str());
}

}  // namespace

void AddCorpusCommand(CLI::App* program) {
  auto options = std::make_shared<CorpusOptions>();
  CLI::App* command = program->add_subcommand(
      "corpus", "Write a training to a file, for semblance-trainer on another machine");
  command->add_option("DB", options->database, "The database")->required();
  command->add_option("--query", options->query, "SELECT, as of train")->required();
  command->add_option("-o,--output", options->file, "The file; replaced when it is there")
      ->required();
  command->add_option("--base", options->base, "Model to start from");
  command->add_option("--dev", options->dev, "SELECT of sentence, sentence, score, as of train");
  command->add_option("--eval-pairs", options->eval_pairs, "SELECT of pairs, as of train");
  command
      ->add_option("--option", options->options,
                   "A training option, as epochs=2; may be given several times")
      ->allow_extra_args(false);
  command->callback([options] { WriteCorpus(*options); });
}

}  // namespace semblance::cli
