#include "tools/trainer/bench.h"

#include <cstdio>
#include <cstdlib>
#include <string>

#include "engine/training/options_text.h"
#include "engine/training/step_speed.h"

namespace semblance::trainer {
namespace {

// The share of the machine's own rate that a step shall reach.
constexpr double kBar = 0.7;

void PrintTimes(const char* name, const training::StepTimes& times) {
  const auto part = [&](double seconds) {
    std::printf("  %8.2f (%2.0f %%)", 1e3 * seconds, 100 * seconds / times.whole);
  };
  std::printf("%-16s", name);
  part(times.forward);
  part(times.backward);
  part(times.optimiser);
  part(times.whole - times.forward - times.backward - times.optimiser);
  std::printf("  %8.2f\n", 1e3 * times.whole);
}

}  // namespace

bool Bench(const std::vector<std::string>& settings) {
  training::Options options;
  options.batch = 128;
  options.max_length = 32;
  double seconds = 5;
  for (const std::string& setting : settings) {
    const size_t equals = setting.find('=');
    const std::string name = setting.substr(0, equals), value = setting.substr(equals + 1);
    if (name == "seconds") {
      seconds = std::strtod(value.c_str(), nullptr);
    } else {
      training::SetOption(name, value, &options);
    }
  }
  const training::StepSpeed speed = training::MeasureStepSpeed(options, seconds);
  const double work = 6 * speed.matrix_parameters * speed.tokens;
  const double rate = work / speed.times.whole;
  std::printf(
      "network          %lld layers of %lld, %.2f million parameters in matrices, %.2f in all\n",
      static_cast<long long>(options.layers), static_cast<long long>(options.hidden),
      speed.matrix_parameters / 1e6, speed.all_parameters / 1e6);
  std::printf("step             %lld sentences x 2 views x %lld tokens, %.0f sentences/s\n",
              static_cast<long long>(options.batch), static_cast<long long>(options.max_length),
              2 * static_cast<double>(options.batch) / speed.times.whole);
  std::printf("\nms               %15s  %14s  %14s  %14s  %8s\n", "forward", "backward",
              "optimiser", "other", "step");
  PrintTimes("step", speed.times);
  PrintTimes("without dropout", speed.without_dropout);
  std::printf("products alone   %8.2f ms at LibTorch's own rate\n",
              1e3 * work / speed.product_rate);
  std::printf("\nLibTorch's product of 1024 x 1024     %8.1f GFLOP/s\n", speed.product_rate / 1e9);
  std::printf("6 x parameters in matrices x tokens   %8.1f GFLOP/s  %3.0f %% of it\n", rate / 1e9,
              100 * rate / speed.product_rate);
  const double with_tables = 6 * speed.all_parameters * speed.tokens / speed.times.whole;
  std::printf(
      "6 x all parameters x tokens           %8.1f GFLOP/s  %3.0f %% (tables are looked up, "
      "not multiplied)\n",
      with_tables / 1e9, 100 * with_tables / speed.product_rate);
  const bool met = rate >= kBar * speed.product_rate;
  std::printf("\nbar: 70 %% of the product's rate, parameters in matrices   %s\n",
              met ? "met" : "NOT MET");
  return met;
}

}  // namespace semblance::trainer
