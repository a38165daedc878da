#include "engine/training/prepared_task.h"

#include <utility>

#include "engine/encoder/error.h"
#include "engine/training/prepare.h"

namespace semblance::training {
namespace {

using encoder::Error;
using encoder::ErrorKind;

// The pairs to measure with.
void EncodePairs(const TrainingInputs& inputs, const encoder::Tokenizer& tokenizer, Task* task) {
  const auto ids = [&](const std::string& text) {
    return tokenizer.Encode(text, static_cast<uint32_t>(task->options.max_length));
  };
  for (const ScoredPair& pair : inputs.dev) {
    task->dev.ids.push_back(ids(pair.a));
    task->dev.ids.push_back(ids(pair.b));
    task->dev.scores.push_back(pair.score);
  }
  for (const TaggedPair& pair : inputs.eval_pairs) {
    task->tagged.first.push_back(ids(pair.a));
    task->tagged.second.push_back(ids(pair.b));
    task->tagged.first_tags.push_back(pair.tag_a);
    task->tagged.second_tags.push_back(pair.tag_b);
  }
}

}  // namespace

Options OptionsFor(const TrainingInputs& inputs) {
  Options options = ParseOptions(inputs.options_json);
  if (options.tags != inputs.rows->tagged()) {
    throw Error(ErrorKind::kOption,
                "option \"tags\" and the rows disagree about whether they have tags");
  }
  if (inputs.base != nullptr) AdoptBase(*inputs.base, &options);
  ResolveOptions(inputs.rows->columns(), &options);
  if (options.patience > 0 && inputs.dev.empty()) {
    throw Error(ErrorKind::kInvalid,
                "patience waits for a better dev Spearman: give a \"dev\" query, or leave it out");
  }
  return options;
}

PreparedTask PrepareTask(const TrainingInputs& inputs, const Options& options,
                         const encoder::ModelPackage* tokenizer,
                         const std::function<bool()>& cancel) {
  Prepared prepared = Prepare(inputs.rows, inputs.base, tokenizer, options, cancel);
  PreparedTask out;
  out.task.options = options;
  out.task.options.vocab_size = prepared.shape.vocabulary;
  out.task.shape = prepared.shape;
  out.task.special = prepared.tokenizer->special_ids();
  out.task.vocabulary_size = prepared.tokenizer->vocabulary_size();
  const bool masks = options.objective == "mlm" || options.mlm_epochs > 0 ||
                     options.mlm_weight > 0 || options.augment == "mlm";
  if (masks && out.task.special.mask < 0) {
    throw Error(ErrorKind::kInvalid,
                "the base model's tokenizer has no mask token, which mlm needs");
  }
  EncodePairs(inputs, *prepared.tokenizer, &out.task);
  out.task.corpus = std::move(prepared.corpus);
  out.weights = std::move(prepared.weights);
  out.tokenizer_files = std::move(prepared.tokenizer_files);
  return out;
}

}  // namespace semblance::training
