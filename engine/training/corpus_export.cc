#include "engine/training/corpus_export.h"

#include <utility>

#include "engine/training/corpus_file.h"
#include "engine/training/model_files.h"
#include "engine/training/prepared_task.h"
#include "engine/training/translated.h"

namespace semblance::training {

uint64_t ExportCorpus(const TrainingInputs& inputs, const std::string& path,
                      const std::function<bool()>& cancel) {
  return Translated([&] {
    PreparedTask prepared = PrepareTask(inputs, OptionsFor(inputs), nullptr, cancel);
    encoder::ModelPackage files = prepared.tokenizer_files;
    AddConfig(prepared.task.shape, prepared.task.options, &files);
    CorpusFile corpus;
    corpus.task = std::move(prepared.task);
    corpus.weights = std::move(prepared.weights);
    for (const auto& [name, bytes] : files.files()) corpus.files[name] = std::string(bytes);
    WriteCorpusFile(corpus, path);
    return static_cast<uint64_t>(corpus.task.corpus->rows());
  });
}

}  // namespace semblance::training
