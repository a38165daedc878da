#include "engine/training/prepare.h"

#include <algorithm>
#include <string>
#include <utility>

#include "engine/training/augment.h"
#include "engine/training/model_files.h"
#include "engine/training/spill.h"
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

// Rows of text, held in a temporary file.
class TextSpill {
 public:
  TextSpill(size_t texts, bool tagged) : texts_(texts), all_(texts + (tagged ? 2 : 0)) {}

  size_t rows() const { return rows_; }
  void Add(const TextRow& row) {
    for (const auto* part : {&row.texts, &row.tags}) {
      for (const std::string& text : *part) {
        const uint64_t size = text.size();
        spill_.Append({reinterpret_cast<const char*>(&size), sizeof size});
        spill_.Append(text);
      }
    }
    ++rows_;
  }
  // Calls `use` with the number of each row and the row.
  template <typename Use>
  void ForEach(const Use& use) const {
    uint64_t place = 0;
    for (size_t at = 0; at < rows_; ++at) {
      TextRow row;
      for (size_t i = 0; i < all_; ++i) {
        uint64_t size = 0;
        spill_.Read(place, &size, sizeof size);
        std::string text(size, '\0');
        spill_.Read(place + sizeof size, text.data(), size);
        place += sizeof size + size;
        (i < texts_ ? row.texts : row.tags).push_back(std::move(text));
      }
      use(at, row);
    }
  }

 private:
  const size_t texts_, all_;  // of a row; with its tags
  size_t rows_ = 0;
  Spill spill_{"the training rows' text"};
};

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
  std::vector<std::vector<int32_t>> ids;
  for (const std::string& text : row.texts) {
    ids.push_back(tokenizer.Encode(text, max_length));
    if (ids.back().size() <= 2) return;  // nothing between [CLS] and [SEP]
  }
  for (size_t i = 0; i < ids.size(); ++i) {
    corpus->Add(ids[i], ChangesWords(options.augment)
                            ? WordBegins(row.texts[i], tokenizer, max_length, ids[i].size())
                            : std::vector<bool>());
  }
  if (!row.tags.empty()) corpus->Tag(row.tags[0], row.tags[1]);
}

// A new tokenizer has to see the text before the text can become ids: the text is held until then.
void TokeniseWithNewTokenizer(RowSource* rows, int used, const Options& options,
                              const std::function<bool()>& cancel, Prepared* out) {
  TextSpill texts(static_cast<size_t>(used), rows->tagged());
  ForEachRow(rows, used, cancel, [&](const TextRow& row) { texts.Add(row); });
  const auto each = [&](const auto& use) {
    texts.ForEach([&](size_t at, const TextRow& row) {
      if (at % kRowsBetweenPolls == 0) Poll(cancel);
      use(row);
    });
  };
  std::vector<std::string> sample;
  const size_t total = texts.rows() * static_cast<size_t>(used);
  const size_t count = std::min(total, static_cast<size_t>(options.tokenizer_rows));
  size_t at = 0;
  each([&](const TextRow& row) {
    for (const std::string& text : row.texts) {
      if (sample.size() < count && at++ == SampledText(sample.size(), count, total)) {
        sample.push_back(text.substr(0, kTokenizerTextBytes + 1));
      }
    }
  });
  TrainTokenizer({sample.begin(), sample.end()}, options, &out->tokenizer_files);
  sample = {};
  out->tokenizer = encoder::Tokenizer::Load(out->tokenizer_files);
  each([&](const TextRow& row) { AddRow(row, *out->tokenizer, options, out->corpus.get()); });
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
