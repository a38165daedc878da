#include "engine/training/prepare.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "engine/training/augment.h"
#include "engine/training/model_files.h"
#include "engine/training/tokenizer_training.h"

namespace semblance::training {
namespace {

using encoder::Error;
using encoder::ErrorKind;

constexpr uint64_t kRowsBetweenPolls = 256;

void Poll(const std::function<bool()>& cancel) {
  if (cancel && cancel()) throw Error(ErrorKind::kInterrupted, "training was interrupted");
}

// Columns that the objective looks at: of three columns, pairs use two.
int UsedColumns(const Options& options, int columns) {
  if (options.objective == "unsup") return 1;
  if (options.objective == "pairs") return 2;
  return columns;
}

struct TextRow {
  std::vector<std::string> texts;  // of the columns that the objective uses
  std::vector<std::string> tags;   // of the first two of them; or empty
};

// Calls `use` for each row.
template <typename Use>
void ForEachRow(RowSource* rows, int used, const std::function<bool()>& cancel, const Use& use) {
  const auto columns = static_cast<size_t>(rows->columns() + (rows->tagged() ? 2 : 0));
  TextRow row;
  for (uint64_t count = 0; rows->Next(&row.texts); ++count) {
    if (count % kRowsBetweenPolls == 0) Poll(cancel);
    if (row.texts.size() != columns) {
      throw Error(ErrorKind::kInvalid, "a training row has " + std::to_string(row.texts.size()) +
                                           " texts, not " + std::to_string(columns));
    }
    if (rows->tagged()) row.tags = {row.texts.end() - 2, row.texts.end()};
    row.texts.resize(static_cast<size_t>(used));
    use(row);
  }
}

// For each of `count` ids of a text whether a word begins with it. No tokenizer makes a piece
// across a space, so the text up to one gives the ids before the next word, and no others.
std::vector<bool> WordBegins(const std::string& text, const encoder::Tokenizer& tokenizer,
                             uint32_t max_length, size_t count) {
  constexpr const char* kSpaces = " \t\r\n";
  std::vector<bool> begins(count, false);
  size_t word = text.find_first_not_of(kSpaces);
  size_t at = 1;  // behind [CLS]
  while (word != std::string::npos && at + 1 < count) {
    begins[at] = true;
    const size_t space = text.find_first_of(kSpaces, word);
    word = text.find_first_not_of(kSpaces, space);
    if (word != std::string::npos) {
      at = tokenizer.Encode(text.substr(0, space), max_length).size() - 1;
    }
  }
  return begins;
}

void AddRow(const TextRow& row, const encoder::Tokenizer& tokenizer, const Options& options,
            Corpus* corpus) {
  const auto max_length = static_cast<uint32_t>(options.max_length);
  bool empty = false;
  for (const std::string& text : row.texts) {
    const std::vector<int32_t> ids = tokenizer.Encode(text, max_length);
    empty = empty || ids.size() <= 2;  // nothing between [CLS] and [SEP]
    corpus->Add(ids, ChangesWords(options.augment)
                         ? WordBegins(text, tokenizer, max_length, ids.size())
                         : std::vector<bool>());
  }
  if (empty) {
    corpus->RemoveLastRow();
  } else if (!row.tags.empty()) {
    corpus->Tag(row.tags[0], row.tags[1]);
  }
}

// A new tokenizer has to see the text before the text can become ids: the text is held until then.
void TokeniseWithNewTokenizer(RowSource* rows, int used, const Options& options,
                              const std::function<bool()>& cancel, Prepared* out) {
  std::string text;
  std::vector<size_t> ends;
  std::vector<std::vector<std::string>> tags;
  ForEachRow(rows, used, cancel, [&](const TextRow& row) {
    for (const std::string& one : row.texts) {
      text += one;
      ends.push_back(text.size());
    }
    if (!row.tags.empty()) tags.push_back(row.tags);
  });
  std::vector<std::string_view> texts;
  size_t begin = 0;
  for (const size_t end : ends) {
    texts.push_back(std::string_view(text).substr(begin, end - begin));
    begin = end;
  }
  TrainTokenizer(texts, options, &out->tokenizer_files);
  out->tokenizer = encoder::Tokenizer::Load(out->tokenizer_files);
  TextRow row;
  for (size_t i = 0; i < texts.size(); ++i) {
    if (i % kRowsBetweenPolls == 0) Poll(cancel);
    row.texts.emplace_back(texts[i]);
    if (row.texts.size() < static_cast<size_t>(used)) continue;
    if (!tags.empty()) row.tags = tags[i / static_cast<size_t>(used)];
    AddRow(row, *out->tokenizer, options, out->corpus.get());
    row.texts.clear();
  }
}

template <typename Value>
void Adopt(const char* name, const Value& value, Options* options, Value Options::*member) {
  if (options->given.count(name) > 0 && options->*member != value) {
    throw Error(ErrorKind::kInvalid,
                std::string("training option \"") + name +
                    "\" differs from the base model's; leave it out, or train without a base");
  }
  options->*member = value;
}

}  // namespace

void AdoptBase(const encoder::ModelPackage& base, Options* options) {
  int64_t max_length = 0;
  const NetworkShape shape = ReadShape(base, &max_length);
  Adopt("hidden", shape.hidden, options, &Options::hidden);
  Adopt("heads", shape.heads, options, &Options::heads);
  Adopt("intermediate", shape.intermediate, options, &Options::intermediate);
  Adopt("vocab_size", shape.vocabulary, options, &Options::vocab_size);
  if (options->given.count("layers") == 0) options->layers = shape.layers;
  const bool bag = options->objective == "none" && options->layers == 0;
  if (options->layers < shape.layers && !bag) {
    throw Error(ErrorKind::kInvalid, "training option \"layers\" is " +
                                         std::to_string(options->layers) + ", the base model has " +
                                         std::to_string(shape.layers) +
                                         "; layers can be added, not removed");
  }
  if (options->given.count("pooler") == 0) options->pooler = shape.pooler;
  if (options->given.count("max_length") == 0) options->max_length = max_length;
}

namespace {

// What is left of a network without its layers is a bag of tokens, which have no positions.
void ForgetPositions(Weights* weights) {
  for (const char* table : {"position", "token_type"}) {
    const auto found = weights->find("embeddings." + std::string(table) + "_embeddings.weight");
    if (found != weights->end()) {
      std::fill(found->second.values.begin(), found->second.values.end(), 0.0f);
    }
  }
}

void TokeniseWithTokenizerOf(const encoder::ModelPackage& package, RowSource* rows, int used,
                             const Options& options, const std::function<bool()>& cancel,
                             Prepared* out) {
  CopyTokenizerFiles(package, &out->tokenizer_files);
  out->tokenizer = encoder::Tokenizer::Load(package);
  ForEachRow(rows, used, cancel,
             [&](const TextRow& row) { AddRow(row, *out->tokenizer, options, out->corpus.get()); });
}

void PrepareFromBase(const encoder::ModelPackage& base, RowSource* rows, int used,
                     const Options& options, const std::function<bool()>& cancel, Prepared* out) {
  TokeniseWithTokenizerOf(base, rows, used, options, cancel, out);
  int64_t ignored = 0;
  out->shape = ReadShape(base, &ignored);
  const int64_t layers_before = out->shape.layers;
  out->shape.layers = options.layers;
  out->shape.positions = std::max(out->shape.positions, options.max_length);
  out->shape.pooler = options.pooler;
  out->shape.mlp_only_train = options.mlp_only_train;
  if (out->tokenizer->vocabulary_size() > out->shape.vocabulary) {
    throw Error(ErrorKind::kInvalid,
                "the base model's tokenizer has more pieces than its embedding table has rows");
  }
  out->weights = ReadWeights(base);
  if (options.layers < layers_before) ForgetPositions(&out->weights);
  FitWeights(out->shape, layers_before, static_cast<uint64_t>(options.seed), &out->weights);
}

void PrepareAnew(const encoder::ModelPackage* tokenizer, RowSource* rows, int used,
                 const Options& options, const std::function<bool()>& cancel, Prepared* out) {
  if (tokenizer != nullptr) {
    TokeniseWithTokenizerOf(*tokenizer, rows, used, options, cancel, out);
  } else {
    TokeniseWithNewTokenizer(rows, used, options, cancel, out);
  }
  out->shape.layers = options.layers;
  out->shape.hidden = options.hidden;
  out->shape.heads = options.heads;
  out->shape.intermediate = options.intermediate;
  out->shape.vocabulary = out->tokenizer->vocabulary_size();
  out->shape.positions = options.max_length;
  out->shape.pooler = options.pooler;
  out->shape.mlp_only_train = options.mlp_only_train;
  out->weights = InitialWeights(out->shape, static_cast<uint64_t>(options.seed));
}

}  // namespace

Prepared Prepare(RowSource* rows, const encoder::ModelPackage* base,
                 const encoder::ModelPackage* tokenizer, const Options& options,
                 const std::function<bool()>& cancel) {
  Prepared out;
  const int used = UsedColumns(options, rows->columns());
  out.corpus = std::make_unique<Corpus>(used);
  if (base != nullptr) {
    PrepareFromBase(*base, rows, used, options, cancel, &out);
  } else {
    PrepareAnew(tokenizer, rows, used, options, cancel, &out);
  }
  return out;
}

}  // namespace semblance::training
