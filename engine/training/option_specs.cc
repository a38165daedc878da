#include "engine/training/option_specs.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <sstream>

#include "engine/encoder/error.h"

namespace semblance::training {

const std::vector<OptionSpec>& OptionSpecs() {
  static const auto* const specs = new std::vector<OptionSpec>{
      // clang-format off
      {"layers", &Options::layers, 0, 24, {},
       "transformer layers; 0 is a bag of tokens; more than the base has are grown on top of it"},
      {"hidden", &Options::hidden, 8, 2048, {},
       "width of the network and of the vectors; a multiple of heads"},
      {"heads", &Options::heads, 1, 64, {},
       "attention heads a layer"},
      {"intermediate", &Options::intermediate, 0, 8192, {},
       "width of the feed-forward layer; 0: 4 x hidden"},
      {"pooler", &Options::pooler, 0, 0,
       {"cls", "cls_before_pooler", "avg", "avg_top2", "avg_first_last"},
       "how token vectors become one vector"},
      {"mlp_only_train", &Options::mlp_only_train, 0, 0, {},
       "pooler cls: use its dense layer in training only"},
      {"max_length", &Options::max_length, 4, 512, {},
       "tokens a text may have, [CLS] and [SEP] included; the rest is cut"},
      {"vocab_size", &Options::vocab_size, 32, 200000, {},
       "pieces of a new tokenizer at most; less where the text does not give so many"},
      {"character_coverage", &Options::character_coverage, 0.9, 1, {},
       "share of the text's characters that get a piece of their own"},
      {"lowercase", &Options::lowercase, 0, 0, {},
       "a new tokenizer folds case"},
      {"tokenizer_rows", &Options::tokenizer_rows, 100, 2000000, {},
       "texts, evenly spread, that a new tokenizer is trained on at most"},
      {"objective", &Options::objective, 0, 0, {"auto", "unsup", "pairs", "triplets", "mlm", "none"},
       "auto: by the number of columns (1, 2, 3); none: the base as it is, of which layers 0 leaves "
       "the token embeddings"},
      {"temperature", &Options::temperature, 0.001, 10, {},
       "cosines are divided by it"},
      {"hard_negative_weight", &Options::hard_negative_weight, -20, 20, {},
       "triplets: added to the logit of the row's own hard negative"},
      {"sym", &Options::sym, 0, 0, {},
       "pairs: the loss also asks for the first text among all first ones"},
      {"mlm_epochs", &Options::mlm_epochs, 0, 1000, {},
       "masked-language-model warm-up before the contrastive phase"},
      {"mlm_weight", &Options::mlm_weight, 0, 100, {},
       "weight of a masked-language-model loss beside the contrastive one"},
      {"mlm_rate", &Options::mlm_rate, 0.01, 0.9, {},
       "share of the tokens that are masked (80 % [MASK], 10 % random, 10 % kept)"},
      {"dropout", &Options::dropout, 0, 0.9, {},
       "dropout of embeddings, attention and both halves of a layer"},
      {"fixed_mask", &Options::fixed_mask, 0, 0, {},
       "unsup: both views of a text get the same dropout masks"},
      {"dual_encoder", &Options::dual_encoder, 0, 0, {},
       "all but the first column go through a network of their own, which is not kept"},
      {"augment", &Options::augment, 0, 0,
       {"none", "crop", "delete_words", "delete_word", "mlm", "next_sentence"},
       "unsup: how the second view of a text differs from the first besides dropout"},
      {"augment_rate", &Options::augment_rate, 0, 0.9, {},
       "share of a text's words that crop and delete_words take away, or of its tokens that mlm "
       "puts others for"},
      {"dims", &Options::dims, 1, 2048, {},
       "shorter widths at which a vector's beginning shall be a good vector too (Matryoshka): the "
       "loss is summed over them and the whole"},
      {"batch", &Options::batch, 2, 16384, {},
       "rows a step"},
      {"chunk", &Options::chunk, 0, 16384, {},
       "rows that go through the network at a time (gradient caching): large batches in little "
       "memory, for one more forward pass; 0: all"},
      {"no_duplicates", &Options::no_duplicates, 0, 0, {},
       "a text stands in a batch once, or it would be its own negative"},
      {"tags", &Options::tags, 0, 0, {},
       "the query's last two columns say of the first and of the second text what it is (a language, "
       "a domain): every combination has an equal share of each batch"},
      {"epochs", &Options::epochs, 0.001, 1000, {},
       "times that the rows are gone through"},
      {"max_steps", &Options::max_steps, 0, 1e9, {},
       "steps at most in each phase; 0: no limit"},
      {"lr", &Options::lr, 0, 1, {},
       "highest learning rate (AdamW)"},
      {"embedding_lr", &Options::embedding_lr, 0, 100, {},
       "factor on lr for the embedding tables; 0 freezes them"},
      {"warmup", &Options::warmup, 0, 1, {},
       "share of the steps in which the learning rate rises; then it falls to 0"},
      {"weight_decay", &Options::weight_decay, 0, 1, {},
       "decoupled; not for biases and LayerNorm"},
      {"clip", &Options::clip, 0, 1e6, {},
       "largest norm of the whole gradient; 0: no clipping"},
      {"shuffle", &Options::shuffle, 0, 0, {"rows", "batches", "none"},
       "batches: neighbouring rows stay together, the order of batches is random"},
      {"seed", &Options::seed, 0, 9007199254740991.0, {},
       "same seed, same threads: same weights"},
      {"threads", &Options::threads, 0, 1024, {},
       "0: all that OpenMP would use"},
      {"device", &Options::device, 0, 0, {"auto", "cpu", "cuda", "cuda:N"},
       "where the network is computed: the processor, or a GPU by its number, in bfloat16 products; "
       "auto: the first GPU where LibTorch has one, and else the processor"},
      {"report_every", &Options::report_every, 1, 1e9, {},
       "steps between reports"},
      {"eval_every", &Options::eval_every, 1, 1e9, {},
       "steps between measurements (alignment, uniformity, anisotropy, dev Spearman), each a report"},
      {"patience", &Options::patience, 0, 1e6, {},
       "measurements in a row without a better dev Spearman that end the training; 0: none do"},
      {"checkpoint_every", &Options::checkpoint_every, 0, 1e9, {},
       "steps between checkpoints, made with the next report; 0: none"},
      {"save_dtype", &Options::save_dtype, 0, 0, {"f32", "f16"},
       "how the finished model stores its weights"},
      // clang-format on
  };
  return *specs;
}

void FailOption(const std::string& message) {
  throw encoder::Error(encoder::ErrorKind::kOption, message);
}

std::string Shown(double value) {
  std::ostringstream out;
  out.precision(15);
  out << value;
  return out.str();
}

std::string Joined(const std::vector<std::string>& words, const char* between) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : between) + word;
  return out;
}

namespace {

size_t EditDistance(const std::string& a, const std::string& b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t above = row[j];
      row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)});
      diagonal = above;
    }
  }
  return row[b.size()];
}

std::string NearestName(const std::string& key) {
  const OptionSpec* best = nullptr;
  size_t best_distance = std::numeric_limits<size_t>::max();
  for (const OptionSpec& spec : OptionSpecs()) {
    const size_t distance = EditDistance(key, spec.name);
    if (distance < best_distance) {
      best_distance = distance;
      best = &spec;
    }
  }
  return best->name;
}

}  // namespace

const OptionSpec& FindOption(const std::string& key) {
  for (const OptionSpec& spec : OptionSpecs()) {
    if (key == spec.name) return spec;
  }
  FailOption("unknown training option \"" + key.substr(0, 60) + "\"; did you mean \"" +
             NearestName(key.substr(0, 60)) + "\"?");
}

std::string RangeOf(const OptionSpec& spec) { return Shown(spec.low) + ".." + Shown(spec.high); }

void CheckRange(const OptionSpec& spec, double value) {
  if (!(value >= spec.low && value <= spec.high)) {
    FailOption("training option \"" + std::string(spec.name) + "\" is " + Shown(value) +
               "; it must be in " + RangeOf(spec));
  }
}

// A choice that ends in N stands for any number there.
bool IsChoice(const OptionSpec& spec, const std::string& text) {
  return std::any_of(spec.choices.begin(), spec.choices.end(), [&](const std::string& choice) {
    if (choice.back() != 'N') return choice == text;
    const std::string begin = choice.substr(0, choice.size() - 1);
    const std::string number = text.substr(std::min(begin.size(), text.size()));
    return text.starts_with(begin) && !number.empty() && number.size() <= 3 &&
           number.find_first_not_of("0123456789") == std::string::npos;
  });
}

}  // namespace semblance::training
