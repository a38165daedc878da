// What a training run may be told: the JSON object of semblance_train, checked. OptionTable() is
// the one list of names, ranges, defaults and meanings; the parser, the error messages and the
// documentation all come from it.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace semblance::training {

// Defaults are the member initialisers here. Zero means "choose" where the table says so.
struct Options {
  // Network (with a base model: the base's own; only `layers` may grow)
  int64_t layers = 4;
  int64_t hidden = 256;
  int64_t heads = 4;
  int64_t intermediate = 0;
  std::string pooler = "avg";
  bool mlp_only_train = false;
  int64_t max_length = 64;
  // Tokenizer (without a base model)
  int64_t vocab_size = 16000;
  double character_coverage = 0.9995;
  bool lowercase = true;
  int64_t tokenizer_rows = 200000;
  // Objective
  std::string objective = "auto";
  double temperature = 0.05;
  double hard_negative_weight = 0;
  bool sym = false;
  double mlm_epochs = 0;
  double mlm_weight = 0;
  double mlm_rate = 0.15;
  double dropout = 0.1;
  bool fixed_mask = false;
  bool dual_encoder = false;
  std::string augment = "none";
  double augment_rate = 0.1;
  std::vector<int64_t> dims;
  // Optimiser
  int64_t batch = 64;
  int64_t chunk = 0;
  bool no_duplicates = true;
  bool tags = false;
  double epochs = 1;
  int64_t max_steps = 0;
  double lr = 5e-4;
  double embedding_lr = 1;
  double warmup = 0.1;
  double weight_decay = 0.01;
  double clip = 1;
  std::string shuffle = "rows";
  int64_t seed = 1;
  int64_t threads = 0;
  std::string device = "auto";
  // Reports and result
  int64_t report_every = 50;
  int64_t eval_every = 250;
  int64_t patience = 0;
  int64_t checkpoint_every = 500;
  std::string save_dtype = "f32";

  std::set<std::string> given;  // the names that the JSON held
};

struct OptionRow {
  std::string name;
  std::string type;           // "integer", "number", "true/false", "list of integers" or the
                              // choices, "a|b|c"
  std::string default_value;  // as JSON
  std::string range;          // "1..24", empty for true/false and choices
  std::string meaning;
};
std::vector<OptionRow> OptionTable();

// Parses and checks `json` ("" is {}). Keys that belong to the caller (name, base, dev, eval_pairs)
// are passed over. Throws encoder::Error kInvalid: what was found, what may stand there, and for an
// unknown key the nearest name.
Options ParseOptions(const std::string& json);

// What only a look at the rows can say: objective "auto" becomes "unsup", "pairs" or "triplets"; a
// chosen objective must fit `columns`, and other options the objective; the memory that the run
// would need must be there. Throws kInvalid.
void ResolveOptions(int columns, Options* options);

// Every option, as a JSON object; ParseOptions(OptionsToJson(o)) is o.
std::string OptionsToJson(const Options& options);

}  // namespace semblance::training
