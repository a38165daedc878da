// Makes the default model, stage by stage, through the trainer's public interface, or scores a
// model.
#include <CLI/CLI.hpp>

#include <chrono>
#include <cstdio>
#include <exception>
#include <nlohmann/json.hpp>
#include <span>

#include "engine/encoder/encoder.h"
#include "engine/training/measures.h"
#include "engine/training/run.h"
#include "tools/default_model/recipe.h"
#include "tools/default_model/retrieval.h"

namespace semblance::default_model {
namespace {

using encoder::ModelPackage;
using nlohmann::json;

class MemoryRows : public training::RowSource {
 public:
  explicit MemoryRows(Rows rows) : rows_(std::move(rows)) {}
  int columns() const override { return rows_.empty() ? 2 : static_cast<int>(rows_[0].size()); }
  bool Next(std::vector<std::string>* row) override {
    if (at_ >= rows_.size()) return false;
    *row = std::move(rows_[at_++]);
    return true;
  }

 private:
  Rows rows_;
  size_t at_ = 0;
};

struct Settings {
  Folders folders;
  std::string stage, base, out, options, score;
  std::vector<std::string> retrieval;
  uint64_t seed = 1;
  int64_t threads = 0, steps = 0, batch = 0;
};

void Print(const training::Report& report) {
  std::printf(
      "%-9s %6ld/%-6ld loss %.4f lr %.2e align %.4f uniform %.4f dev %.4f %6.0f sent/s eta %.0f "
      "s\n",
      report.phase.c_str(), static_cast<long>(report.step), static_cast<long>(report.total_steps),
      report.loss, report.learning_rate, report.alignment, report.uniformity, report.dev_spearman,
      report.sentences_per_second, report.eta_seconds);
  std::fflush(stdout);
}

const std::vector<training::ScoredPair>& DevPairs(const std::vector<StsSet>& sets) {
  for (const StsSet& set : sets) {
    if (set.name == "STS-B dev") return set.pairs;
  }
  throw std::runtime_error("STS-B dev is missing");
}

ModelPackage Train(const Settings& settings, Stage stage) {
  if (settings.steps > 0) stage.steps = settings.steps;
  if (settings.batch > 0) stage.batch = settings.batch;
  json options = json::parse(stage.options);
  options["batch"] = stage.batch;
  options["shuffle"] = "none";  // StageRows has shuffled
  options["seed"] = settings.seed;
  options["threads"] = settings.threads;
  options["report_every"] = 50;
  options["eval_every"] = 200;
  options["save_dtype"] = "f16";
  if (!settings.options.empty()) options.merge_patch(json::parse(settings.options));

  std::map<std::string, size_t> dropped;
  MemoryRows rows(StageRows(stage, settings.folders, settings.seed, &dropped));
  for (const auto& [source, count] : dropped) {
    std::printf("leak check: %zu rows of %s left out\n", count, source.c_str());
  }
  ModelPackage base;
  if (!settings.base.empty()) base = ModelPackage::FromDirectory(settings.base);
  training::TrainingInputs inputs;
  inputs.rows = &rows;
  inputs.dev = DevPairs(ReadStsSets(settings.folders.sts));
  inputs.base = settings.base.empty() ? nullptr : &base;
  inputs.options_json = options.dump();
  const auto run = training::StartRun(inputs);
  training::Report report;
  while (run->Next(&report, {})) Print(report);
  std::printf("options: %s\n", run->ResolvedOptions().c_str());
  return run->TakeModel();
}

void Score(const encoder::Encoder& model, const std::string& folder) {
  const size_t dimension = model.dimension();
  double sum = 0;
  const std::vector<StsSet> sets = ReadStsSets(folder);
  for (const StsSet& set : sets) {
    std::vector<std::string_view> texts;
    std::vector<double> scores, cosines;
    for (const training::ScoredPair& pair : set.pairs) {
      texts.push_back(pair.a);
      texts.push_back(pair.b);
      scores.push_back(pair.score);
    }
    const std::vector<float> vectors = model.Encode(texts);
    for (size_t i = 0; i < scores.size(); ++i) {
      const float* a = &vectors[2 * i * dimension];
      cosines.push_back(training::Cosine(a, a + dimension, dimension));
    }
    const double value = 100 * training::Spearman(cosines, scores);
    sum += value;
    std::printf("%-10s %6zu pairs  %.2f\n", set.name.c_str(), scores.size(), value);
  }
  std::printf("%-10s %12s  %.2f\n", "mean", "", sum / static_cast<double>(sets.size()));
}

void Main(const Settings& settings) {
  const auto start = std::chrono::steady_clock::now();
  if (!settings.stage.empty()) {
    const ModelPackage model = Train(settings, FindStage(settings.stage));
    model.WriteTo(settings.out);
    std::printf("written to %s after %.0f s\n", settings.out.c_str(),
                std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  if (settings.score.empty()) return;
  const auto model = encoder::Encoder::Load(ModelPackage::FromDirectory(settings.score));
  Score(*model, settings.folders.sts);
  for (const std::string& folder : settings.retrieval) {
    const RetrievalScore score = ScoreRetrieval(*model, folder);
    std::printf("%s: %zu documents, %zu queries, nDCG@10 %.4f\n", folder.c_str(), score.documents,
                score.queries, score.ndcg);
  }
}

}  // namespace
}  // namespace semblance::default_model

int main(int argc, char** argv) {
  CLI::App app("Makes Semblance's default model, stage by stage, or scores a model on STS sets.");
  semblance::default_model::Settings settings;
  app.add_option("--data", settings.folders.data, "folder with the unpacked training sets");
  app.add_option("--wordnet", settings.folders.wordnet, "WordNet's dict folder")
      ->default_val("/usr/share/wordnet");
  app.add_option("--sts", settings.folders.sts, "folder with the STS evaluation sets")->required();
  app.add_option("--stage", settings.stage, "bag, pairs or layers");
  app.add_option("--base", settings.base, "model folder to go on from");
  app.add_option("--out", settings.out, "model folder to write");
  app.add_option("--options", settings.options, "JSON, over the stage's own options");
  app.add_option("--steps", settings.steps, "instead of the stage's own");
  app.add_option("--batch", settings.batch, "instead of the stage's own");
  app.add_option("--seed", settings.seed, "seed of rows and weights");
  app.add_option("--threads", settings.threads, "0: all");
  app.add_option("--score", settings.score, "model folder to score on the STS sets");
  app.add_option("--retrieval", settings.retrieval,
                 "with --score: folders with docs.tsv, queries.tsv and qrels.tsv");
  CLI11_PARSE(app, argc, argv);
  try {
    semblance::default_model::Main(settings);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
