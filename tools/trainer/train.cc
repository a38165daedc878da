#include "tools/trainer/train.h"

#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <set>

#include "engine/encoder/error.h"
#include "engine/training/corpus_file.h"
#include "engine/training/learner_module.h"
#include "engine/training/options_text.h"
#include "engine/training/translated.h"
#include "engine/training/weights_file.h"

namespace semblance::trainer {
namespace {

using encoder::Error;
using encoder::ErrorKind;

void Apply(const std::vector<std::string>& settings, training::Options* options) {
  static const std::set<std::string> kOfTheMachine = {"device", "threads", "report_every"};
  for (const std::string& setting : settings) {
    const size_t equals = setting.find('=');
    const std::string name = setting.substr(0, equals);
    if (kOfTheMachine.count(name) == 0) {
      throw Error(ErrorKind::kOption, "option \"" + name +
                                          "\" is in the corpus and stays as it is; device, threads "
                                          "and report_every may be given here");
    }
    training::SetOption(name, setting.substr(equals + 1), options);
  }
}

void Print(const training::Report& report) {
  std::printf("%-9s %8lld of %-8lld", report.phase.c_str(), static_cast<long long>(report.step),
              static_cast<long long>(report.total_steps));
  const auto number = [](const char* name, double value) {
    if (std::isfinite(value)) std::printf("  %s %.4f", name, value);
  };
  number("loss", report.loss);
  number("align", report.alignment);
  number("uniform", report.uniformity);
  number("dev", report.dev_spearman);
  number("found", report.retrieval);
  std::printf("  %.0f sent./s\n", report.sentences_per_second);
  std::fflush(stdout);
}

void WriteFile(const std::filesystem::path& path, const std::string& bytes) {
  std::FILE* const file = std::fopen(path.c_str(), "wb");
  bool written =
      file != nullptr && std::fwrite(bytes.data(), 1, bytes.size(), file) == bytes.size();
  if (file != nullptr) written = std::fclose(file) == 0 && written;
  if (!written) {
    throw Error(ErrorKind::kInvalid, "cannot write " + path.string() + ": " + std::strerror(errno));
  }
}

// Everything beside the folder first, so that a folder is a model.
void WriteModel(const std::map<std::string, std::string>& files, const std::string& folder) {
  const std::filesystem::path beside = folder + ".part";
  std::filesystem::remove_all(beside);
  std::filesystem::create_directories(beside);
  for (const auto& [name, bytes] : files) WriteFile(beside / name, bytes);
  std::filesystem::rename(beside, folder);
}

}  // namespace

void Train(const std::string& path, const std::string& folder,
           const std::vector<std::string>& settings, const std::function<bool()>& cancel) {
  training::Translated([&] {
    if (std::filesystem::exists(folder)) {
      throw Error(ErrorKind::kInvalid, folder + " is there already; name one that is not");
    }
    training::CorpusFile corpus = training::ReadCorpusFile(path);
    Apply(settings, &corpus.task.options);
    training::Report report;
    training::Loop loop(corpus.task, corpus.weights, semblance_learner_module()->create, nullptr,
                        &report);
    corpus.weights.clear();
    do {
      Print(report);
    } while (loop.Next(&report, cancel));
    corpus.files[training::kWeightsFile] =
        training::WeightsFile(corpus.task.shape, loop.Result(), corpus.task.options.save_dtype);
    WriteModel(corpus.files, folder);
    std::printf("the model is in %s\n", folder.c_str());
  });
}

}  // namespace semblance::trainer
