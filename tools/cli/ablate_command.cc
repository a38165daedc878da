// semblance ablate: one run for each setting that the SimCSE paper compares, beside its numbers.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tools/cli/ablation.h"
#include "tools/cli/commands.h"
#include "tools/cli/connection.h"
#include "tools/cli/formatting.h"
#include "tools/cli/interrupt.h"
#include "tools/cli/training_options.h"

namespace semblance::cli {
namespace {

struct AblateOptions {
  std::string database;
  std::string query;
  std::string base;
  std::string dev;
  int seeds = 1;
  std::vector<std::string> only;
  std::vector<std::string> options;  // k=v
};

struct Outcome {
  double spearman = 0, alignment = 0, uniformity = 0, anisotropy = 0;
};

std::vector<Setting> Chosen(const std::vector<std::string>& names) {
  if (names.empty()) return Settings();
  std::vector<Setting> chosen;
  for (const std::string& name : names) {
    const auto found = std::find_if(Settings().begin(), Settings().end(),
                                    [&](const Setting& setting) { return name == setting.name; });
    if (found == Settings().end()) {
      std::string known;
      for (const Setting& setting : Settings()) {
        known += (known.empty() ? "" : ", ") + std::string(setting.name);
      }
      throw UsageError("--only " + name + ": there is no such setting; there are " + known);
    }
    chosen.push_back(*found);
  }
  return chosen;
}

// The report "done" of one run: the best dev Spearman, and what was measured last.
Outcome RunOf(Connection* connection, const AblateOptions& options, const Setting& setting,
              int seed) {
  nlohmann::json own = {{"name", "ablation-" + std::string(setting.name)},
                        {"dev", options.dev},
                        {"seed", seed},
                        {"publish", false},
                        {"checkpoint_every", 0}};
  if (!options.base.empty()) own["base"] = options.base;
  // --option is of all settings; a setting's own comes over it.
  const std::string json =
      Merged(Merged(OptionsObject(options.options), setting.options), own.dump());
  Statement run(connection->handle(),
                "SELECT phase, dev_spearman, alignment, uniformity, anisotropy "
                "FROM semblance_train(?1, ?2)");
  run.Bind(1, options.query).Bind(2, json);
  Outcome outcome;
  while (run.Step()) {
    if (run.Text(0) == "done") outcome = {run.Real(1), run.Real(2), run.Real(3), run.Real(4)};
  }
  return outcome;
}

void PrintRow(const Setting& setting, const std::vector<Outcome>& outcomes) {
  Outcome mean;
  double lowest = 1, highest = -1;
  for (const Outcome& outcome : outcomes) {
    const double share = 1.0 / static_cast<double>(outcomes.size());
    mean.spearman += share * outcome.spearman;
    mean.alignment += share * outcome.alignment;
    mean.uniformity += share * outcome.uniformity;
    mean.anisotropy += share * outcome.anisotropy;
    lowest = std::min(lowest, outcome.spearman);
    highest = std::max(highest, outcome.spearman);
  }
  const std::string paper = setting.paper ? FormatReal(*setting.paper, 1) : "";
  std::printf("%-24s %6.1f %6.1f %6.1f %6s %8.3f %8.3f %8.3f\n", setting.name, 100 * mean.spearman,
              100 * lowest, 100 * highest, paper.c_str(), mean.alignment, mean.uniformity,
              mean.anisotropy);
  std::fflush(stdout);
}

void Ablate(const AblateOptions& options) {
  const std::vector<Setting> settings = Chosen(options.only);
  Connection connection(options.database, Connection::Create::kNo);
  const InterruptOnSignal interrupt(&connection);
  std::printf("%-24s %6s %6s %6s %6s %8s %8s %8s\n", "setting", "mean", "lowest", "best", "paper",
              "align", "uniform", "aniso");
  try {
    for (const Setting& setting : settings) {
      std::vector<Outcome> outcomes;
      for (int seed = 1; seed <= options.seeds; ++seed) {
        outcomes.push_back(RunOf(&connection, options, setting, seed));
      }
      PrintRow(setting, outcomes);
    }
  } catch (const SqlError& error) {
    if (error.interrupted()) throw std::runtime_error("interrupted");
    throw;
  }
}

}  // namespace

void AddAblateCommand(CLI::App* program) {
  auto options = std::make_shared<AblateOptions>();
  CLI::App* command = program->add_subcommand(
      "ablate",
      "Train once for each setting that the SimCSE paper compares, and print dev Spearman "
      "(x 100) beside the paper's; no model is kept");
  command->add_option("DB", options->database, "The database")->required();
  command->add_option("--query", options->query, "SELECT of sentences (1 column)")->required();
  command->add_option("--dev", options->dev, "SELECT of sentence, sentence, score")->required();
  command->add_option("--base", options->base, "Model that every run starts from");
  command->add_option("--seeds", options->seeds, "Runs of each setting, with seeds 1, 2, ...")
      ->check(CLI::Range(1, 100));
  command->add_option("--only", options->only, "These settings only")->delimiter(',');
  command
      ->add_option("--option", options->options,
                   "A training option of all runs, as epochs=2; may be given several times")
      ->allow_extra_args(false);
  command->callback([options] { Ablate(*options); });
}

}  // namespace semblance::cli
