#include "engine/training/options.h"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <numeric>
#include <sstream>
#include <variant>

#include "engine/encoder/error.h"

namespace semblance::training {
namespace {

using encoder::Error;
using encoder::ErrorKind;
using nlohmann::json;

using Member = std::variant<int64_t Options::*, double Options::*, bool Options::*,
                            std::string Options::*, std::vector<int64_t> Options::*>;

struct Spec {
  const char* name;
  Member member;
  double low;
  double high;
  std::vector<std::string> choices;
  const char* meaning;
};

const std::vector<Spec>& Specs() {
  static const auto* const specs = new std::vector<Spec>{
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

[[noreturn]] void Fail(const std::string& message) { throw Error(ErrorKind::kOption, message); }

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
  const Spec* best = nullptr;
  size_t best_distance = std::numeric_limits<size_t>::max();
  for (const Spec& spec : Specs()) {
    const size_t distance = EditDistance(key, spec.name);
    if (distance < best_distance) {
      best_distance = distance;
      best = &spec;
    }
  }
  return best->name;
}

const Spec& FindSpec(const std::string& key) {
  for (const Spec& spec : Specs()) {
    if (key == spec.name) return spec;
  }
  Fail("unknown training option \"" + key.substr(0, 60) + "\"; did you mean \"" +
       NearestName(key.substr(0, 60)) + "\"?");
}

std::string RangeOf(const Spec& spec) { return Shown(spec.low) + ".." + Shown(spec.high); }

void CheckRange(const Spec& spec, double value) {
  if (!(value >= spec.low && value <= spec.high)) {
    Fail("training option \"" + std::string(spec.name) + "\" is " + Shown(value) +
         "; it must be in " + RangeOf(spec));
  }
}

// A choice that ends in N stands for any number there.
bool IsChoice(const Spec& spec, const std::string& text) {
  return std::any_of(spec.choices.begin(), spec.choices.end(), [&](const std::string& choice) {
    if (choice.back() != 'N') return choice == text;
    const std::string begin = choice.substr(0, choice.size() - 1);
    const std::string number = text.substr(std::min(begin.size(), text.size()));
    return text.starts_with(begin) && !number.empty() && number.size() <= 3 &&
           number.find_first_not_of("0123456789") == std::string::npos;
  });
}

void Set(const Spec& spec, const json& value, Options* options) {
  const auto wrong_type = [&](const std::string& expected) {
    Fail("training option \"" + std::string(spec.name) + "\" must be " + expected + ", not " +
         value.dump(-1, ' ', false, json::error_handler_t::replace).substr(0, 60));
  };
  if (const auto* integer = std::get_if<int64_t Options::*>(&spec.member)) {
    if (!value.is_number() || value.get<double>() != std::floor(value.get<double>())) {
      wrong_type("a whole number in " + RangeOf(spec));
    }
    CheckRange(spec, value.get<double>());
    options->*(*integer) = value.get<int64_t>();
  } else if (const auto* real = std::get_if<double Options::*>(&spec.member)) {
    if (!value.is_number()) wrong_type("a number in " + RangeOf(spec));
    CheckRange(spec, value.get<double>());
    options->*(*real) = value.get<double>();
  } else if (const auto* flag = std::get_if<bool Options::*>(&spec.member)) {
    const bool is_bit = value.is_number_integer() && (value == 0 || value == 1);
    if (!value.is_boolean() && !is_bit) wrong_type("true or false");
    options->*(*flag) = value.is_boolean() ? value.get<bool>() : value == 1;
  } else if (const auto* list = std::get_if<std::vector<int64_t> Options::*>(&spec.member)) {
    const std::string expected = "a list of whole numbers in " + RangeOf(spec);
    if (!value.is_array()) wrong_type(expected);
    (options->*(*list)).clear();
    for (const json& element : value) {
      if (!element.is_number_integer()) wrong_type(expected);
      CheckRange(spec, element.get<double>());
      (options->*(*list)).push_back(element.get<int64_t>());
    }
  } else {
    const auto text = std::get<std::string Options::*>(spec.member);
    const bool known = value.is_string() && IsChoice(spec, value.get<std::string>());
    if (!known) wrong_type("one of " + Joined(spec.choices, ", "));
    options->*text = value.get<std::string>();
  }
  options->given.insert(spec.name);
}

json Get(const Spec& spec, const Options& options) {
  return std::visit([&](auto member) { return json(options.*member); }, spec.member);
}

// Bytes that weights, gradients, Adam's two moments and the kept activations of one step take, at
// most. Per token a layer keeps about 20 rows of the hidden width for the backward pass, and the
// attention of a text its length squared a head.
double EstimatedBytes(int columns, const Options& o) {
  const double hidden = static_cast<double>(o.hidden);
  const double inner = o.intermediate > 0 ? static_cast<double>(o.intermediate) : 4 * hidden;
  const double layers = static_cast<double>(o.layers);
  const double parameters =
      (static_cast<double>(o.vocab_size) + static_cast<double>(o.max_length)) * hidden +
      layers * (4 * hidden * hidden + 2 * hidden * inner);
  const double length = static_cast<double>(o.max_length);
  const bool masks = o.mlm_weight > 0 || o.mlm_epochs > 0 || o.objective == "mlm";
  // A pass over masked tokens takes the whole batch.
  const int64_t rows = o.chunk > 0 && !masks ? std::min(o.chunk, o.batch) : o.batch;
  const double tokens = static_cast<double>(rows) * std::max(columns, 2) * length;
  const double kept =
      8 * hidden + layers * (12 * hidden + 3 * inner + 3 * length * static_cast<double>(o.heads));
  double bytes = 4 * (6 * parameters * (o.dual_encoder ? 2 : 1) + tokens * kept);
  if (masks) {
    bytes += 4 * 3 * tokens * o.mlm_rate * static_cast<double>(o.vocab_size);
  }
  return bytes;
}

// Options that mean something only beside others.
void CheckTogether(Options* o) {
  const bool unsupervised = o->objective == "unsup";
  if (o->augment != "none" && !unsupervised) {
    Fail("augment makes the second text of a pair, and objective \"" + o->objective +
         "\" has one; it goes with a training query of 1 column");
  }
  if (o->augment == "mlm" && o->mlm_epochs == 0 && o->mlm_weight == 0) {
    Fail(
        "augment \"mlm\" takes words from the masked-language model: give mlm_epochs or "
        "mlm_weight");
  }
  if (o->fixed_mask && (!unsupervised || o->augment != "none")) {
    Fail(
        "fixed_mask needs both views of a text to have the same tokens: objective unsup, augment "
        "none");
  }
  if ((o->objective == "mlm" || o->objective == "none") &&
      (o->dual_encoder || o->chunk > 0 || !o->dims.empty())) {
    Fail("dual_encoder, chunk and dims are of the contrastive objectives, not of " + o->objective);
  }
  std::sort(o->dims.begin(), o->dims.end());
  o->dims.erase(std::unique(o->dims.begin(), o->dims.end()), o->dims.end());
  if (!o->dims.empty() && o->dims.back() == o->hidden) o->dims.pop_back();
  if (!o->dims.empty() && o->dims.back() > o->hidden) {
    Fail("dims has " + std::to_string(o->dims.back()) + ", and the vectors have " +
         std::to_string(o->hidden) + " numbers");
  }
}

}  // namespace

std::vector<OptionRow> OptionTable() {
  const Options defaults;
  std::vector<OptionRow> rows;
  for (const Spec& spec : Specs()) {
    static constexpr const char* kTypes[] = {"integer", "number", "true/false", "",
                                             "list of integers"};
    const bool numeric = spec.member.index() < 2 || spec.member.index() == 4;
    rows.push_back({spec.name,
                    spec.choices.empty() ? kTypes[spec.member.index()] : Joined(spec.choices, "|"),
                    Get(spec, defaults).dump(), numeric ? RangeOf(spec) : "", spec.meaning});
  }
  return rows;
}

Options ParseOptions(const std::string& text) {
  Options options;
  if (text.empty()) return options;
  const json parsed = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!parsed.is_object()) {
    Fail("training options must be a JSON object such as {\"epochs\":1}, not " +
         text.substr(0, 60));
  }
  for (const auto& [key, value] : parsed.items()) {
    if (key == "name" || key == "base" || key == "dev" || key == "eval_pairs") continue;
    Set(FindSpec(key), value, &options);
  }
  return options;
}

void ResolveOptions(int columns, Options* options) {
  if (columns < 1 || columns > 3) {
    Fail(
        "a training query gives 1 column (sentences), 2 (pairs) or 3 (pairs with a hard negative), "
        "not " +
        std::to_string(columns));
  }
  static constexpr const char* kByColumns[] = {"unsup", "pairs", "triplets"};
  if (options->objective == "auto") options->objective = kByColumns[columns - 1];
  if (options->tags && columns == 1) {
    Fail(
        "tags are of pairs: the training query gives a, b, tag of a, tag of b, or a, b, negative, "
        "tag of a, tag of b");
  }
  const int needed = options->objective == "pairs" ? 2 : options->objective == "triplets" ? 3 : 1;
  if (columns < needed || (options->objective == "unsup" && columns != 1)) {
    Fail("objective \"" + options->objective + "\" needs " + std::to_string(needed) +
         " column(s), the training query gives " + std::to_string(columns));
  }
  if (options->hidden % options->heads != 0) {
    Fail("hidden (" + std::to_string(options->hidden) + ") must be a multiple of heads (" +
         std::to_string(options->heads) + ")");
  }
  if (options->intermediate == 0) options->intermediate = 4 * options->hidden;
  if (options->layers == 0 &&
      (options->pooler == "avg_top2" || options->pooler == "avg_first_last")) {
    Fail("pooler \"" + options->pooler + "\" needs layers; with layers 0 use avg");
  }
  CheckTogether(options);
  const double available =
      static_cast<double>(sysconf(_SC_PHYS_PAGES)) * static_cast<double>(sysconf(_SC_PAGESIZE));
  const double needed_bytes = EstimatedBytes(columns, *options);
  if (needed_bytes > 0.9 * available) {
    Fail("this run would need up to " + Shown(std::ceil(needed_bytes / 0x1p30)) +
         " GiB and the machine has " + Shown(std::floor(available / 0x1p30)) +
         "; lower batch, max_length, hidden, layers or vocab_size");
  }
}

std::string OptionsToJson(const Options& options) {
  json out = json::object();
  for (const Spec& spec : Specs()) out[spec.name] = Get(spec, options);
  return out.dump();
}

}  // namespace semblance::training
