// semblance train: runs semblance_train and shows its reports as they come.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tools/cli/commands.h"
#include "tools/cli/connection.h"
#include "tools/cli/formatting.h"
#include "tools/cli/interrupt.h"
#include "tools/cli/training_options.h"

namespace semblance::cli {
namespace {

struct TrainOptions {
  std::string database;
  std::string query;
  std::string name;
  std::string base;
  std::string dev;
  std::string eval_pairs;
  bool resume = false;
  std::vector<std::string> options;  // k=v
};

std::string OptionsJson(const TrainOptions& options) {
  nlohmann::json json = {{"name", options.name}};
  if (!options.base.empty()) json["base"] = options.base;
  if (!options.dev.empty()) json["dev"] = options.dev;
  if (!options.eval_pairs.empty()) json["eval_pairs"] = options.eval_pairs;
  if (options.resume) json["resume"] = true;
  return Merged(OptionsObject(options.options), json.dump());
}

struct LiveColumn {
  const char* name;  // of semblance_train's column
  const char* heading;
  int width;
  int digits;  // after the point; -1: as it is; -2: a time in seconds
};

constexpr LiveColumn kColumns[] = {
    {"phase", "phase", 9, -1},     {"step", "step", 7, 0},
    {"total_steps", "of", 7, 0},   {"epoch", "epoch", 6, 2},
    {"loss", "loss", 8, 4},        {"learning_rate", "rate", 9, 6},
    {"alignment", "align", 7, 3},  {"uniformity", "uniform", 7, 3},
    {"anisotropy", "aniso", 6, 3}, {"dev_spearman", "dev", 6, 4},
    {"retrieval", "found", 6, 3},  {"sentences_per_second", "sent./s", 8, 0},
    {"eta_seconds", "eta", 8, -2},
};

std::string Cell(const Statement& statement, int column, const LiveColumn& live) {
  if (statement.IsNull(column)) return "";
  if (live.digits == -1) return statement.Text(column);
  const double number = statement.Real(column);
  return live.digits == -2 ? FormatSeconds(number) : FormatReal(number, live.digits);
}

void PrintRow(const std::vector<std::string>& cells) {
  std::string line;
  for (size_t i = 0; i < cells.size(); ++i) {
    const auto width = static_cast<size_t>(kColumns[i].width);
    const std::string padding(width - std::min(width, DisplayWidth(cells[i])), ' ');
    line += (i ? " " : "") + (i ? padding + cells[i] : cells[i] + padding);
  }
  line.erase(line.find_last_not_of(' ') + 1);
  std::printf("%s\n", line.c_str());
  std::fflush(stdout);
}

void Train(const TrainOptions& options) {
  const std::string json = OptionsJson(options);
  Connection connection(options.database, Connection::Create::kNo);
  const InterruptOnSignal interrupt(&connection);
  Statement run(connection.handle(), "SELECT * FROM semblance_train(?1, ?2)");
  run.Bind(1, options.query).Bind(2, json);
  std::map<std::string, int> column_of;
  for (int i = 0; i < run.column_count(); ++i) column_of[run.ColumnName(i)] = i;
  std::vector<std::string> headings;
  for (const LiveColumn& live : kColumns) headings.emplace_back(live.heading);
  std::string model;
  bool headed = false;
  try {
    while (run.Step()) {
      if (!headed) PrintRow(headings);
      headed = true;
      std::vector<std::string> cells;
      for (const LiveColumn& live : kColumns) {
        const auto found = column_of.find(live.name);
        cells.push_back(found == column_of.end() ? "" : Cell(run, found->second, live));
      }
      PrintRow(cells);
      if (const auto found = column_of.find("model"); found != column_of.end())
        model = run.Text(found->second);
    }
  } catch (const SqlError& error) {
    if (error.interrupted())
      throw std::runtime_error(
          "interrupted: no model was published; the same command with --resume goes on from the "
          "last "
          "checkpoint");
    throw;
  }
  if (!model.empty()) std::printf("model '%s' is in %s\n", model.c_str(), options.database.c_str());
}

}  // namespace

void AddTrainCommand(CLI::App* program) {
  auto options = std::make_shared<TrainOptions>();
  CLI::App* command = program->add_subcommand("train", "Train a model on the rows of a query");
  command->add_option("DB", options->database, "The database")->required();
  command
      ->add_option("--query", options->query,
                   "SELECT of sentences (1 column), pairs (2), or pairs with a hard negative (3)")
      ->required();
  command->add_option("--name", options->name, "Name of the model")->required();
  command->add_option("--base", options->base, "Model to start from");
  command->add_option("--dev", options->dev,
                      "SELECT of sentence, sentence, score: the best model by these is kept");
  command->add_option("--eval-pairs", options->eval_pairs,
                      "SELECT of a, b, or a, b, tag of a, tag of b: how often each finds the other "
                      "is measured");
  command->add_flag("--resume", options->resume,
                    "Go on from the last checkpoint of a run of this name that was stopped; begin "
                    "where there is none");
  command
      ->add_option("--option", options->options,
                   "A training option, as epochs=2; may be given several times")
      ->allow_extra_args(false);
  command->callback([options] { Train(*options); });
}

}  // namespace semblance::cli
