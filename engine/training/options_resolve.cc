#include <unistd.h>

#include <algorithm>
#include <cmath>

#include "engine/training/option_specs.h"

namespace semblance::training {
namespace {

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
    FailOption("augment makes the second text of a pair, and objective \"" + o->objective +
               "\" has one; it goes with a training query of 1 column");
  }
  if (o->augment == "mlm" && o->mlm_epochs == 0 && o->mlm_weight == 0) {
    FailOption(
        "augment \"mlm\" takes words from the masked-language model: give mlm_epochs or "
        "mlm_weight");
  }
  if (o->fixed_mask && (!unsupervised || o->augment != "none")) {
    FailOption(
        "fixed_mask needs both views of a text to have the same tokens: objective unsup, augment "
        "none");
  }
  if ((o->objective == "mlm" || o->objective == "none") &&
      (o->dual_encoder || o->chunk > 0 || !o->dims.empty())) {
    FailOption("dual_encoder, chunk and dims are of the contrastive objectives, not of " +
               o->objective);
  }
  std::sort(o->dims.begin(), o->dims.end());
  o->dims.erase(std::unique(o->dims.begin(), o->dims.end()), o->dims.end());
  if (!o->dims.empty() && o->dims.back() == o->hidden) o->dims.pop_back();
  if (!o->dims.empty() && o->dims.back() > o->hidden) {
    FailOption("dims has " + std::to_string(o->dims.back()) + ", and the vectors have " +
               std::to_string(o->hidden) + " numbers");
  }
}

}  // namespace

void ResolveOptions(int columns, Options* options) {
  if (columns < 1 || columns > 3) {
    FailOption(
        "a training query gives 1 column (sentences), 2 (pairs) or 3 (pairs with a hard negative), "
        "not " +
        std::to_string(columns));
  }
  static constexpr const char* kByColumns[] = {"unsup", "pairs", "triplets"};
  if (options->objective == "auto") options->objective = kByColumns[columns - 1];
  if (options->tags && columns == 1) {
    FailOption(
        "tags are of pairs: the training query gives a, b, tag of a, tag of b, or a, b, negative, "
        "tag of a, tag of b");
  }
  const int needed = options->objective == "pairs" ? 2 : options->objective == "triplets" ? 3 : 1;
  if (columns < needed || (options->objective == "unsup" && columns != 1)) {
    FailOption("objective \"" + options->objective + "\" needs " + std::to_string(needed) +
               " column(s), the training query gives " + std::to_string(columns));
  }
  if (options->hidden % options->heads != 0) {
    FailOption("hidden (" + std::to_string(options->hidden) + ") must be a multiple of heads (" +
               std::to_string(options->heads) + ")");
  }
  if (options->intermediate == 0) options->intermediate = 4 * options->hidden;
  if (options->layers == 0 &&
      (options->pooler == "avg_top2" || options->pooler == "avg_first_last")) {
    FailOption("pooler \"" + options->pooler + "\" needs layers; with layers 0 use avg");
  }
  CheckTogether(options);
  const double available =
      static_cast<double>(sysconf(_SC_PHYS_PAGES)) * static_cast<double>(sysconf(_SC_PAGESIZE));
  const double needed_bytes = EstimatedBytes(columns, *options);
  if (needed_bytes > 0.9 * available) {
    FailOption("this run would need up to " + Shown(std::ceil(needed_bytes / 0x1p30)) +
               " GiB and the machine has " + Shown(std::floor(available / 0x1p30)) +
               "; lower batch, max_length, hidden, layers or vocab_size");
  }
}

}  // namespace semblance::training
