// semblance eval: semantic textual similarity, measured by SQL.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tools/cli/commands.h"
#include "tools/cli/connection.h"
#include "tools/cli/formatting.h"
#include "tools/cli/sts_file.h"
#include "tools/cli/terminal.h"
#include "tools/cli/text_table.h"

namespace semblance::cli {
namespace {

namespace fs = std::filesystem;

struct EvalOptions {
  std::vector<std::string> files;
  std::string database = ":memory:";
  std::string model = "default";
};

// What one argument names: a file, or a folder's files.
struct Task {
  std::string name;
  std::vector<fs::path> files;
};

Task TaskOf(const std::string& argument) {
  fs::path path(argument);
  if (!fs::is_directory(path)) return {path.filename().string(), {path}};
  if (!path.has_filename()) path = path.parent_path();
  Task task{path.filename().string(), {}};
  for (const auto& entry : fs::directory_iterator(path)) {
    const std::string extension = entry.path().extension().string();
    if (entry.is_regular_file() && (extension == ".tsv" || extension == ".txt"))
      task.files.push_back(entry.path());
  }
  std::sort(task.files.begin(), task.files.end());
  if (task.files.empty()) throw std::runtime_error("there is no .tsv or .txt file in " + argument);
  return task;
}

class Evaluation {
 public:
  explicit Evaluation(const EvalOptions& options)
      : options_(options),
        connection_(options.database, Connection::Create::kNo),
        table_({"task", "pairs", "Spearman x100"}) {
    table_.AlignRight(1);
    table_.AlignRight(2);
    connection_.Execute("CREATE TEMP TABLE sts(file TEXT, score REAL, a TEXT, b TEXT)");
  }

  void Run() {
    double sum = 0;
    size_t measured = 0;
    for (const std::string& argument : options_.files) {
      if (const auto score = Measure(TaskOf(argument))) {
        sum += *score;
        ++measured;
      }
    }
    if (measured > 1) {
      table_.AddRule();
      table_.AddRow({"mean of " + std::to_string(measured), "",
                     FormatReal(sum / static_cast<double>(measured) * 100, 2)});
    }
    std::fputs(table_.Format(TerminalWidth(stdout)).c_str(), stdout);
  }

 private:
  // A row for each file, and for a folder one over all its pairs, which is the figure that counts.
  // nullopt when Spearman's coefficient is undefined.
  std::optional<double> Measure(const Task& task) {
    connection_.Execute("DELETE FROM sts");
    Load(task);
    if (task.files.size() > 1) {
      for (const fs::path& file : task.files) AddRow("  " + file.stem().string(), file.string());
    }
    return AddRow(task.name, "");
  }

  void Load(const Task& task) {
    Statement insert(connection_.handle(),
                     "INSERT INTO sts(file, score, a, b) VALUES (?1, ?2, ?3, ?4)");
    for (const fs::path& file : task.files) {
      ReadStsFile(file.string(), [&](const StsPair& pair) {
        insert.Bind(1, file.string()).Bind(2, pair.score).Bind(3, pair.a).Bind(4, pair.b);
        insert.Step();
        insert.Reset();
      });
    }
  }

  std::optional<double> AddRow(const std::string& name, const std::string& file) {
    Statement measure(
        connection_.handle(),
        "SELECT count(*), spearman(similarity(a, b, ?1), score) FROM sts WHERE ?2 IN (file, '')");
    measure.Bind(1, options_.model).Bind(2, file).Step();
    const bool defined = !measure.IsNull(1);
    table_.AddRow({name, FormatCount(static_cast<uint64_t>(measure.Integer(0))),
                   defined ? FormatReal(measure.Real(1) * 100, 2) : "undefined"});
    return defined ? std::optional(measure.Real(1)) : std::nullopt;
  }

  const EvalOptions& options_;
  Connection connection_;
  TextTable table_;
};

}  // namespace

void AddEvalCommand(CLI::App* program) {
  auto options = std::make_shared<EvalOptions>();
  CLI::App* command =
      program->add_subcommand("eval", "Measure a model on files of scored sentence pairs");
  command
      ->add_option(
          "FILES", options->files,
          "Files of lines: score, tab, sentence, tab, sentence; or folders of them (.tsv, .txt)")
      ->required();
  command->add_option("--db", options->database, "Database that holds the model; default: none");
  command->add_option("--model", options->model, "The model")->capture_default_str();
  command->callback([options] { Evaluation(*options).Run(); });
}

}  // namespace semblance::cli
