#include "engine/training/step_speed.h"

#include <ATen/Parallel.h>

#include "engine/training/learner_internal.h"
#include "engine/training/random.h"

namespace semblance::training {
namespace {

// Runs `work` for about `seconds`, twice at least, after once for nothing; seconds of one.
template <typename Work>
double SecondsOf(const Place& place, double seconds, const Work& work) {
  work();
  const double start = MeasuringSeconds(place);
  int64_t times = 0;
  do {
    work();
    ++times;
  } while (MeasuringSeconds(place) - start < seconds || times < 2);
  return (MeasuringSeconds(place) - start) / static_cast<double>(times);
}

double ProductRate(const Place& place, double seconds) {
  constexpr int64_t kSide = 1024;
  const auto there = at::dtype(place.bfloat16 ? at::kBFloat16 : at::kFloat).device(place.device);
  const at::Tensor a = at::rand({kSide, kSide}, there), b = at::rand({kSide, kSide}, there);
  at::Tensor c = at::empty({kSide, kSide}, there);
  const at::NoGradGuard no_gradients;
  const double one = SecondsOf(place, seconds, [&] { at::mm_out(c, a, b); });
  return 2.0 * kSide * kSide * kSide / one;
}

NetworkShape ShapeOf(const Options& options) {
  NetworkShape shape;
  shape.layers = options.layers;
  shape.hidden = options.hidden;
  shape.heads = options.heads;
  shape.intermediate = options.intermediate > 0 ? options.intermediate : 4 * options.hidden;
  shape.vocabulary = options.vocab_size;
  shape.positions = options.max_length;
  return shape;
}

std::vector<std::vector<int32_t>> RandomTexts(const Options& options) {
  Random random(1, 1);
  std::vector<std::vector<int32_t>> texts(static_cast<size_t>(options.batch));
  for (std::vector<int32_t>& ids : texts) {
    for (int64_t i = 0; i < options.max_length; ++i) {
      ids.push_back(static_cast<int32_t>(random.Below(static_cast<uint64_t>(options.vocab_size))));
    }
  }
  return texts;
}

StepTimes MeasureSteps(const Options& options, const Place& place, double seconds) {
  const NetworkShape shape = ShapeOf(options);
  TorchLearner learner(shape, InitialWeights(shape, 1), options, place);
  const std::vector<std::vector<int32_t>> texts = RandomTexts(options);
  ContrastiveRows rows;
  rows.anchors.assign(texts.begin(), texts.end());
  rows.positives = rows.anchors;
  learner.ContrastiveStep(rows, 1e-4);
  StepTimes sum;
  learner.TimeSteps(&sum);
  const double start = MeasuringSeconds(place);
  double steps = 0;
  do {
    learner.ContrastiveStep(rows, 1e-4);
    ++steps;
  } while (MeasuringSeconds(place) - start < seconds || steps < 3);
  return {sum.forward / steps, sum.backward / steps, sum.optimiser / steps,
          (MeasuringSeconds(place) - start) / steps};
}

}  // namespace

StepSpeed MeasureStepSpeed(const Options& options, double seconds) {
  if (options.threads > 0) at::set_num_threads(static_cast<int>(options.threads));
  const Place place = PlaceOf(options.device);
  StepSpeed speed;
  const double before = ProductRate(place, seconds / 4);
  speed.times = MeasureSteps(options, place, seconds);
  Options plain = options;
  plain.dropout = 0;
  speed.without_dropout = MeasureSteps(plain, place, seconds / 2);
  speed.product_rate = (before + ProductRate(place, seconds / 4)) / 2;
  speed.tokens = 2.0 * static_cast<double>(options.batch * options.max_length);
  for (const auto& [name, sizes] : TensorShapes(ShapeOf(options))) {
    double count = 1;
    for (const int64_t size : sizes) count *= static_cast<double>(size);
    speed.all_parameters += count;
    if (name.starts_with("encoder.") && sizes.size() == 2) speed.matrix_parameters += count;
  }
  return speed;
}

}  // namespace semblance::training
